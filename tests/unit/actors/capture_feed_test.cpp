// Live captures: a bounded queue between two threads.
#define CAF_SUITE capture_feed

#include "actors/capture_intake.hpp"
#include "tests/unit/actors/stand_ins.hpp"
#include "tests/unit/test.hpp"

#include <thread>

using namespace serverme;
using namespace serverme::tests;
using actors::capture_feed;
using actors::capture_intake;
using actors::shared_capture;

namespace {

shared_capture some() { return exchange(endpoint_id{1}, "GET", "/", 200); }

} // namespace

CAF_TEST(the reader is woken once until he has taken what there is) {
  auto woken = 0;
  capture_feed feed{10, [&] { ++woken; }};
  feed.offer(some());
  feed.offer(some());
  CAF_CHECK_EQUAL(woken, 1);
  CAF_CHECK_EQUAL(feed.take().captures.size(), 2u);
  feed.offer(some());
  CAF_CHECK_EQUAL(woken, 2);
}

CAF_TEST(a slow reader loses the oldest and is told how many) {
  capture_feed feed{3, [] {}};
  std::vector<shared_capture> all;
  for (int i = 0; i < 5; ++i)
    feed.offer(all.emplace_back(some()));
  auto taken = feed.take();
  CAF_CHECK_EQUAL(taken.lost, 2u);
  CAF_REQUIRE_EQUAL(taken.captures.size(), 3u);
  CAF_CHECK(taken.captures.front() == all[2]);
  CAF_CHECK_EQUAL(feed.take().lost, 0u);
}

CAF_TEST(the end is told after what came before it) {
  capture_feed feed{3, [] {}};
  feed.offer(some());
  feed.end();
  auto taken = feed.take();
  CAF_CHECK_EQUAL(taken.captures.size(), 1u);
  CAF_CHECK(taken.ended);
}

CAF_TEST(nothing is lost without being counted when two threads use it) {
  constexpr std::size_t count = 10'000;
  capture_feed feed{16, [] {}};
  std::thread giver{[&] {
    for (std::size_t i = 0; i < count; ++i)
      feed.offer(some());
    feed.end();
  }};
  std::size_t seen = 0;
  for (auto ended = false; !ended;) {
    auto taken = feed.take();
    seen += taken.captures.size() + taken.lost;
    ended = taken.ended;
    std::this_thread::yield();
  }
  giver.join();
  CAF_CHECK_EQUAL(seen, count);
}

CAF_TEST(the intake numbers captures within their endpoint) {
  capture_intake intake;
  auto one = intake.open(endpoint_id{1}, [] {});
  auto two = intake.open(endpoint_id{2}, [] {});
  intake.give(exchange(endpoint_id{1}, "GET", "/a", 200));
  intake.give(exchange(endpoint_id{2}, "GET", "/b", 200));
  auto last = intake.give(exchange(endpoint_id{1}, "GET", "/c", 200));
  CAF_CHECK_EQUAL(last->id.value, 2u);
  CAF_CHECK_EQUAL(one->take().captures.size(), 2u);
  CAF_CHECK_EQUAL(two->take().captures.size(), 1u);
}

CAF_TEST(the intake goes on counting for the next inspector) {
  capture_intake intake;
  auto former = intake.open(endpoint_id{1}, [] {});
  intake.give(exchange(endpoint_id{1}, "GET", "/", 200));
  auto next = intake.open(endpoint_id{1}, [] {});
  CAF_CHECK_EQUAL(intake.give(exchange(endpoint_id{1}, "GET", "/", 200))->id.value, 2u);
  CAF_CHECK_EQUAL(next->take().captures.size(), 1u);
}

CAF_TEST(what belongs to no endpoint is given back all the same) {
  capture_intake intake;
  intake.close(endpoint_id{1});
  auto given = intake.give(exchange(endpoint_id{1}, "GET", "/", 200));
  CAF_CHECK_EQUAL(given->target, "/");
}

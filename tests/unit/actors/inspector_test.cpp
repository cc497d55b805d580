// Recorded exchanges of one endpoint: what is kept, found, watched and dropped.
#define CAF_SUITE inspector

#include "actors/inspector.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;
using namespace serverme::actors;

namespace {

constexpr endpoint_id shop{7};

struct fixture : actor_fixture {
  fixture() {
    session = guard(sys.spawn([]() -> caf::behavior { return {[](caf::unit_t) {}}; }));
    whom = guard(spawn_inspector(sys, session, shop, intake));
  }

  void give(std::string method, std::string target, int status) {
    intake->give(exchange(shop, std::move(method), std::move(target), status));
    sched.run();
  }
  /// The inspector has rested after it.
  void record(std::string method, std::string target, int status) {
    give(std::move(method), std::move(target), status);
    sched.advance_time(milliseconds{5});
    sched.run();
  }
  capture_page page(capture_filter filter = {}, std::uint64_t before = 0,
                    std::uint32_t limit = 50) {
    auto outcome = answer_of<capture_page>(
      whom, list_captures{{}, shop, std::move(filter), capture_id{before}, limit});
    CAF_REQUIRE(outcome);
    return *outcome;
  }
  std::shared_ptr<capture_feed> watch() {
    auto feed = std::make_shared<capture_feed>(10, [] {});
    CAF_REQUIRE(answer_of<watching>(whom, watch_captures{{}, shop, feed}));
    return feed;
  }

  std::shared_ptr<capture_intake> intake = std::make_shared<capture_intake>(4);
  caf::actor session;
  inspector_actor whom;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(inspector_tests, fixture)

CAF_TEST(the newest comes first) {
  record("GET", "/a", 200);
  record("GET", "/b", 200);
  auto all = page();
  CAF_REQUIRE_EQUAL(all.captures.size(), 2u);
  CAF_CHECK_EQUAL(all.captures[0].target, "/b");
  CAF_CHECK_EQUAL(all.captures[1].target, "/a");
  CAF_CHECK_EQUAL(all.next.value, 0u);
}

CAF_TEST(five hundred are kept and the oldest make room) {
  for (int i = 1; i <= 505; ++i)
    record("GET", "/" + std::to_string(i), 200);
  auto all = page({}, 0, capture_page_max);
  CAF_REQUIRE_EQUAL(all.captures.size(), 500u);
  CAF_CHECK_EQUAL(all.captures.back().target, "/6");
  CAF_CHECK_EQUAL(all.dropped, 0u);
}

CAF_TEST(large ones make room sooner) {
  caf::anon_send_exit(whom, caf::exit_reason::kill);
  sched.run();
  whom = guard(spawn_inspector(sys, session, shop, intake, {.ring_bytes_max = 10'000}));
  for (int i = 0; i < 10; ++i) {
    auto made = exchange(shop, "POST", "/", 200);
    made->request.body.assign(3'000, 'x');
    intake->give(std::move(made));
    sched.run();
  }
  CAF_CHECK_EQUAL(page().captures.size(), 2u);
}

CAF_TEST(lists are filtered by method and status and path) {
  record("GET", "/api/users", 200);
  record("POST", "/api/users", 404);
  record("GET", "/index", 500);
  CAF_CHECK_EQUAL(page({.method = "get"}).captures.size(), 2u);
  CAF_CHECK_EQUAL(page({.status_min = 400, .status_max = 499}).captures.size(), 1u);
  CAF_CHECK_EQUAL(page({.status_min = 404}).captures.size(), 2u);
  CAF_CHECK_EQUAL(page({.path = "api"}).captures.size(), 2u);
  CAF_CHECK_EQUAL(page({.method = "GET", .path = "api"}).captures.size(), 1u);
}

CAF_TEST(pages continue where the last one ended) {
  for (int i = 1; i <= 7; ++i)
    record(i % 2 == 0 ? "POST" : "GET", "/" + std::to_string(i), 200);
  auto first = page({.method = "GET"}, 0, 3);
  CAF_REQUIRE_EQUAL(first.captures.size(), 3u);
  CAF_CHECK_EQUAL(first.next.value, 3u);
  auto second = page({.method = "GET"}, first.next.value, 3);
  CAF_REQUIRE_EQUAL(second.captures.size(), 1u);
  CAF_CHECK_EQUAL(second.captures.front().target, "/1");
  CAF_CHECK_EQUAL(second.next.value, 0u);
}

CAF_TEST(a page without an end is none) {
  for (int i = 0; i < 3; ++i)
    record("GET", "/", 200);
  CAF_CHECK_EQUAL(page({}, 0, 0).captures.size(), 1u);
  CAF_CHECK_EQUAL(page({}, 0, 4'000'000'000).captures.size(), 3u);
}

CAF_TEST(one is found by its number until it is cleared) {
  record("GET", "/a", 200);
  auto found = answer_of<capture_found>(whom, get_capture{{}, shop, capture_id{1}});
  CAF_REQUIRE(found);
  CAF_CHECK_EQUAL(found->exchange->target, "/a");
  auto cleared = answer_of<captures_cleared>(whom, clear_captures{{}, shop});
  CAF_REQUIRE(cleared);
  CAF_CHECK_EQUAL(cleared->count, 1u);
  CAF_CHECK_EQUAL(code_of(answer_of<capture_found>(whom, get_capture{{}, shop, capture_id{1}})),
                  errc::api_not_found);
}

CAF_TEST(what an inspector that is behind cannot take is dropped and counted) {
  for (int i = 0; i < 10; ++i) // before it runs once
    intake->give(exchange(shop, "GET", "/", 200));
  sched.run();
  auto all = page();
  CAF_CHECK_EQUAL(all.captures.size(), 4u);
  CAF_CHECK_EQUAL(all.dropped, 6u);
}

CAF_TEST(a flood wakes the inspector once in a while and loses nothing) {
  auto feed = watch();
  give("GET", "/first", 200);
  CAF_CHECK_EQUAL(feed->take().captures.size(), 1u); // at once
  give("GET", "/second", 200);
  give("GET", "/third", 200);
  CAF_CHECK_EQUAL(feed->take().captures.size(), 0u);
  sched.advance_time(milliseconds{5});
  sched.run();
  CAF_CHECK_EQUAL(feed->take().captures.size(), 2u);
  give("GET", "/fourth", 200);
  CAF_CHECK_EQUAL(page().captures.size(), 4u); // whoever asks does not wait
}

CAF_TEST(a feed sees what comes while it is held and keeps nobody) {
  record("GET", "/before", 200);
  auto feed = watch();
  record("GET", "/live", 200);
  auto taken = feed->take();
  CAF_REQUIRE_EQUAL(taken.captures.size(), 1u);
  CAF_CHECK_EQUAL(taken.captures.front()->target, "/live");
  std::weak_ptr<capture_feed> weak = feed;
  feed.reset();
  CAF_CHECK(weak.expired());
  record("GET", "/nobody", 200);
}

CAF_TEST(feeds are bounded) {
  std::vector<std::shared_ptr<capture_feed>> held;
  for (int i = 0; i < 64; ++i)
    held.push_back(watch());
  auto more = std::make_shared<capture_feed>(1, [] {});
  CAF_CHECK_EQUAL(code_of(answer_of<watching>(whom, watch_captures{{}, shop, more})),
                  errc::too_busy);
  held.pop_back();
  CAF_CHECK(answer_of<watching>(whom, watch_captures{{}, shop, more}));
}

CAF_TEST(a feed ends with the session) {
  auto feed = watch();
  caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
  sched.run();
  CAF_CHECK(feed->take().ended);
}

CAF_TEST_FIXTURE_SCOPE_END()

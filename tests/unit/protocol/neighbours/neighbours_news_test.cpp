// What edges tell each other: pages, order, what is merged, and what makes them begin anew.
#define CAF_SUITE neighbours_news
#include "protocol/neighbours/own_news.hpp"
#include "protocol/neighbours/told_news.hpp"
#include "tests/unit/test.hpp"

#include <algorithm>

using namespace serverme;
using namespace serverme::neighbours;

namespace {

session_record session(std::uint64_t id, std::vector<node_id> lanes_at = {}) {
  return {.session = {id}, .token_hash = "t" + std::to_string(id), .lanes_at = std::move(lanes_at)};
}

route web(std::uint64_t endpoint, std::uint64_t under = 1) {
  return {.endpoint = {endpoint},
          .host = "h" + std::to_string(endpoint) + ".test",
          .session = {endpoint},
          .generation = {under}};
}

struct fixture {
  void add(std::uint64_t id) {
    own.put(session(id));
    own.put(web(id));
  }
  template <class Key>
  void changed(Key key) {
    teller.changed(key);
  }
  /// One message, answered. @returns whether there was one
  bool pass() {
    auto page = teller.next(own);
    if (!page)
      return false;
    last = told.take(*page);
    CAF_CHECK(teller.on_taken(told.position()));
    ++messages;
    return true;
  }
  void pass_all() {
    while (pass())
      continue;
  }
  bool is_known(std::uint64_t id) const {
    return told.find(session_id{id}) != nullptr && told.find(endpoint_id{id}) != nullptr;
  }

  own_news own;
  news_teller teller;
  told_news told;
  told_changes last;
  int messages = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(neighbours_news_tests, fixture)

CAF_TEST(nobody is told before the telling has begun) {
  add(1);
  changed(session_id{1});
  CAF_CHECK(!teller.next(own));
  CAF_CHECK(!teller.is_done());
}

CAF_TEST(an edge without sessions says so) {
  teller.begin(own, 1);
  CAF_REQUIRE(pass());
  CAF_CHECK(last.is_whole);
  CAF_CHECK(told.is_whole());
  CAF_CHECK(teller.is_done());
  CAF_CHECK(!pass());
}

CAF_TEST(everything is told in pages of a bounded size and the last one says so) {
  for (std::uint64_t id = 1; id <= 1'000; ++id)
    add(id);
  teller.begin(own, 1);
  bool was_whole = false;
  while (auto page = teller.next(own)) {
    CAF_CHECK(!was_whole);
    CAF_CHECK_LESS_OR_EQUAL(page->sessions.size() + page->routes.size(), edge_news::entries_max);
    was_whole = page->is_whole;
    told.take(*page);
    CAF_CHECK(teller.on_taken(told.position()));
    ++messages;
  }
  CAF_CHECK(was_whole);
  CAF_CHECK_EQUAL(messages, 8);
  CAF_CHECK_EQUAL(told.sessions().size(), 1'000u);
  CAF_CHECK_EQUAL(told.routes().size(), 1'000u);
}

CAF_TEST(one message at a time is unanswered) {
  add(1);
  teller.begin(own, 1);
  auto page = teller.next(own);
  CAF_REQUIRE(page);
  add(2);
  changed(session_id{2});
  CAF_CHECK(!teller.next(own));
  told.take(*page);
  CAF_CHECK(teller.on_taken(told.position()));
  CAF_CHECK(teller.next(own).has_value());
}

CAF_TEST(changes that wait are one entry for each key) {
  add(1);
  teller.begin(own, 1);
  auto page = teller.next(own);
  for (std::uint64_t i = 1; i <= 500; ++i) {
    own.put(session(1, {{0, i}}));
    changed(session_id{1});
  }
  CAF_CHECK_EQUAL(teller.waiting(), 1u);
  told.take(*page);
  teller.on_taken(told.position());
  CAF_REQUIRE(pass());
  CAF_CHECK_EQUAL(last.sessions.size(), 1u);
  CAF_CHECK((told.find(session_id{1})->lanes_at == std::vector<node_id>{{0, 500}}));
}

CAF_TEST(what came and went while nobody answered is not mentioned) {
  teller.begin(own, 1);
  auto page = teller.next(own);
  add(7);
  changed(session_id{7});
  changed(endpoint_id{7});
  own.remove(session_id{7});
  own.remove(endpoint_id{7});
  told.take(*page);
  teller.on_taken(told.position());
  CAF_CHECK(!pass());
  CAF_CHECK(teller.is_done());
}

CAF_TEST(what is gone is forgotten) {
  add(1);
  add(2);
  teller.begin(own, 1);
  pass_all();
  own.remove(session_id{1});
  own.remove(endpoint_id{1});
  changed(session_id{1});
  changed(endpoint_id{1});
  CAF_REQUIRE(pass());
  CAF_CHECK_EQUAL(last.sessions_gone.size(), 1u);
  CAF_CHECK_EQUAL(last.routes_gone.size(), 1u);
  CAF_CHECK(!is_known(1));
  CAF_CHECK(is_known(2));
}

CAF_TEST(a message that comes twice changes nothing) {
  add(1);
  teller.begin(own, 1);
  auto page = teller.next(own);
  told.take(*page);
  auto again = told.take(*page);
  CAF_CHECK(again.sessions.empty() && !again.is_whole);
  CAF_CHECK(teller.on_taken(told.position()));
}

CAF_TEST(a gap is answered with what was taken and makes the teller begin anew) {
  add(1);
  teller.begin(own, 1);
  told.take(*teller.next(own));
  teller.on_taken(told.position());
  add(2);
  changed(session_id{2});
  teller.next(own); // lost, and its answer too: somebody believed otherwise
  teller.on_taken({1, 2});
  own.put(session(2, {{0, 1}}));
  changed(session_id{2});
  auto third = teller.next(own);
  CAF_REQUIRE(third);
  CAF_CHECK(told.take(*third).sessions.empty());
  CAF_CHECK(!teller.on_taken(told.position()));
  teller.begin(own, 2);
  changed(endpoint_id{2});
  pass_all();
  CAF_CHECK(is_known(1));
  CAF_CHECK(is_known(2));
}

CAF_TEST(a telling that begins anew leaves names in place until its last page) {
  for (std::uint64_t id = 1; id <= 600; ++id)
    add(id);
  teller.begin(own, 1);
  pass_all();
  own.remove(session_id{3});
  own.remove(endpoint_id{3});
  teller.begin(own, 2);
  while (pass()) {
    CAF_CHECK(last.is_whole || is_known(3));
    CAF_CHECK(last.sessions.empty()); // nothing else is different
    CAF_CHECK(last.routes.empty());
  }
  CAF_CHECK(!is_known(3));
  CAF_CHECK_EQUAL(told.sessions().size(), 599u);
}

CAF_TEST(an older telling is not listened to) {
  add(1);
  teller.begin(own, 5);
  pass_all();
  news_teller former;
  former.begin(own_news{}, 4);
  auto page = former.next(own_news{});
  CAF_REQUIRE(page);
  CAF_CHECK(!told.take(*page).is_whole);
  CAF_CHECK(!former.on_taken(told.position()));
  CAF_CHECK(is_known(1));
}

CAF_TEST(a new teller has numbers of its own) {
  add(1);
  teller.begin(own, 5);
  pass_all();
  told.on_new_teller();
  CAF_CHECK(is_known(1));
  own.remove(session_id{1});
  own.remove(endpoint_id{1});
  add(2);
  news_teller next;
  next.begin(own, 1);
  told.take(*next.next(own));
  CAF_CHECK(!is_known(1));
  CAF_CHECK(is_known(2));
}

CAF_TEST(an answer to a telling that is over says nothing) {
  add(1);
  teller.begin(own, 1);
  teller.next(own);
  teller.begin(own, 2);
  CAF_CHECK(teller.on_taken({1, 1}));
  CAF_REQUIRE(teller.next(own).has_value());
}

CAF_TEST(an edge that has lost its memory says so and is told everything) {
  add(1);
  teller.begin(own, 3);
  CAF_CHECK(teller.on_heard({})); // it may not have heard of it yet
  pass_all();
  CAF_CHECK(teller.on_heard({3, 1}));
  CAF_CHECK(!teller.on_heard({}));
  CAF_CHECK(!teller.on_heard({2, 1}));
}

CAF_TEST(more than is kept of one edge is left out and counted) {
  told = told_news{{.sessions_max = 2, .routes_max = 1}};
  for (std::uint64_t id = 1; id <= 3; ++id)
    add(id);
  teller.begin(own, 1);
  CAF_REQUIRE(pass());
  CAF_CHECK_EQUAL(told.sessions().size(), 2u);
  CAF_CHECK_EQUAL(told.routes().size(), 1u);
  CAF_CHECK_EQUAL(last.left_out, 3u);
}

CAF_TEST_FIXTURE_SCOPE_END()

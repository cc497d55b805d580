// Who is let in, by what, and who is sent away.
#define CAF_SUITE reception

#include "actors/key_questions.hpp"
#include "tests/unit/actors/tree_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

struct fixture : tree_fixture {
  answer<agent_admitted> come(const std::string& key) {
    return ask<agent_admitted>(tree.reception(), greet_agent{.key_hash = digest_of(key)});
  }
  void let_store_answer() { tell(doors.store.as<actors::store_actor>(), extend_claims{}); }
  void revoke(const std::string& key) { facts->keys.erase(digest_of(key)); }
  bool was_closed(session_id session, errc why) {
    return std::find(edge->closed.begin(), edge->closed.end(), std::pair{session, why})
           != edge->closed.end();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(reception_tests, fixture)

CAF_TEST(a good key opens a session with an id and a token of the server) {
  auto one = greet("key of alice");
  auto two = greet("key of alice");
  CAF_REQUIRE(one);
  CAF_REQUIRE(two);
  CAF_CHECK(one->session != two->session);
  CAF_CHECK_EQUAL(one->owner.value, 1);
  CAF_CHECK_EQUAL(one->resume_token.size(), 64u);
  CAF_CHECK(one->resume_token != two->resume_token);
}

CAF_TEST(a bad key is told as what it is) {
  CAF_CHECK_EQUAL(code_of(greet("key of nobody")), errc::key_invalid);
}

CAF_TEST(the token opens the session again and is not sent twice) {
  auto agent = join("key of alice");
  auto back = greet("key of alice", &agent);
  CAF_REQUIRE(back);
  CAF_CHECK(back->session == agent.session);
  CAF_CHECK(back->resume_token.empty());
}

CAF_TEST(a wrong token opens nothing) {
  auto agent = join("key of alice");
  auto thief = agent;
  thief.resume_token.back() = thief.resume_token.back() == '0' ? '1' : '0';
  CAF_CHECK_EQUAL(code_of(greet("", &thief)), errc::resume_refused);
  thief.resume_token = "";
  CAF_CHECK_EQUAL(code_of(greet("", &thief)), errc::resume_refused);
  auto other = greet("key of bob", &thief);
  CAF_REQUIRE(other);
  CAF_CHECK(other->session != agent.session);
  CAF_CHECK_EQUAL(other->owner.value, 2);
}

CAF_TEST(a token of a former life and a good key open a new session with the same names) {
  auto former = join("key of alice");
  CAF_REQUIRE(bind_http(former.session, "shop"));
  tell(tree.reception(), agent_left{former.session});
  auto now = greet("key of alice", &former);
  CAF_REQUIRE(now);
  CAF_CHECK(!now->resume_token.empty());
  CAF_CHECK(bind_http(now->session, "shop"));
  auto stranger = join("key of bob");
  CAF_CHECK_EQUAL(code_of(bind_http(stranger.session, "shop")), errc::name_taken);
}

CAF_TEST(a session has so many lanes and no more) {
  auto agent = join("key of alice");
  lanes(agent.session, 4);
  CAF_CHECK_EQUAL(code_of(greet("key of alice", &agent)), errc::lane_limit);
}

CAF_TEST(while the store is away sessions are resumed and new ones are asked to wait) {
  auto agent = join("key of alice");
  facts->now = store_facts::mood::is_away;
  lanes(agent.session, 0);
  CAF_CHECK(greet("key of alice", &agent));
  lanes(agent.session, 1);
  CAF_CHECK_EQUAL(code_of(greet("key of bob")), errc::control_unavailable);
  CAF_CHECK(!is_permanent(errc::control_unavailable));
  pass(seconds{60});
  CAF_CHECK(edge->closed.empty());
  CAF_CHECK(greet("", &agent));
}

CAF_TEST(a store that says nothing is no reason to keep an agent waiting) {
  facts->now = store_facts::mood::is_silent;
  auto asked = come("key of alice");
  CAF_CHECK(!asked->has_value());
  pass(seconds{4});
  CAF_REQUIRE(asked->has_value());
  CAF_CHECK_EQUAL(code_of(**asked), errc::control_unavailable);
}

CAF_TEST(many who come at once are one question and each gets what is due to him) {
  facts->holds_keys_back = true;
  auto first = come("key of alice"); // on its way alone
  std::vector<answer<agent_admitted>> good;
  for (int i = 0; i < 20; ++i)
    good.push_back(come(i % 2 == 0 ? "key of alice" : "key of bob"));
  auto bad = come("key of nobody");
  let_store_answer();
  CAF_CHECK((**first)->owner == account_id{1});
  CAF_CHECK(!bad->has_value());
  let_store_answer();
  for (std::size_t i = 0; i < good.size(); ++i) {
    CAF_REQUIRE(good[i]->has_value());
    CAF_REQUIRE(**good[i]);
    CAF_CHECK_EQUAL((**good[i])->owner.value, i % 2 == 0 ? 1 : 2);
  }
  CAF_REQUIRE(bad->has_value());
  CAF_CHECK_EQUAL(code_of(**bad), errc::key_invalid);
  CAF_CHECK((facts->keys_asked == std::vector<std::size_t>{1, 3}));
}

CAF_TEST(those who wait behind a question without an answer are told in time as well) {
  facts->now = store_facts::mood::is_silent;
  auto first = come("key of alice");
  pass(seconds{2});
  auto second = come("key of bob");
  pass(seconds{2});
  for (const auto& each : {first, second}) {
    CAF_REQUIRE(each->has_value());
    CAF_CHECK_EQUAL(code_of(**each), errc::control_unavailable);
  }
  facts->now = store_facts::mood::answers;
  CAF_CHECK(greet("key of bob"));
}

CAF_TEST(more agents than may wait for the store are refused at once) {
  facts->now = store_facts::mood::is_silent;
  auto first = come("key of alice");
  std::vector<answer<agent_admitted>> waiting;
  for (std::size_t i = 0; i < actors::key_questions<int>::waiting_max; ++i)
    waiting.push_back(come("key of alice"));
  CAF_CHECK(!waiting.back()->has_value());
  auto more = come("key of bob");
  CAF_REQUIRE(more->has_value());
  CAF_CHECK_EQUAL(code_of(**more), errc::too_busy);
  pass(seconds{4});
  CAF_REQUIRE(waiting.back()->has_value());
  CAF_CHECK_EQUAL(code_of(**waiting.back()), errc::control_unavailable);
}

CAF_TEST(a revoked key ends its sessions within five seconds and no others) {
  auto alice = join("key of alice");
  auto bob = join("key of bob");
  CAF_REQUIRE(bind_http(alice.session, "shop"));
  revoke("key of alice");
  pass(seconds{5});
  CAF_CHECK(was_closed(alice.session, errc::key_invalid));
  CAF_CHECK_EQUAL(edge->closed.size(), 1u);
  CAF_CHECK(edge->find("shop.test") == nullptr);
  CAF_CHECK_EQUAL(code_of(greet("key of alice", &alice)), errc::key_invalid);
  CAF_CHECK(greet("", &bob));
}

CAF_TEST(news of a revoked key are not waited for) {
  auto alice = join("key of alice");
  tell(tree.reception(), key_revoked{key_id{1}});
  CAF_CHECK(was_closed(alice.session, errc::key_invalid));
}

CAF_TEST(sessions of one account are bounded) {
  for (int i = 0; i < 200; ++i)
    CAF_REQUIRE(greet("key of alice"));
  CAF_CHECK_EQUAL(code_of(greet("key of alice")), errc::too_busy);
  CAF_CHECK(greet("key of bob"));
  pass(seconds{61}); // none of them opened a lane
  CAF_CHECK(greet("key of alice"));
}

CAF_TEST(lanes of no session are closed) {
  lanes(session_id{77}, 1);
  CAF_CHECK(was_closed(session_id{77}, errc::resume_refused));
  lanes(session_id{78}, 0);
  CAF_CHECK_EQUAL(edge->closed.size(), 1u);
}

CAF_TEST(wishes for no session are refused and their agent is sent away) {
  CAF_CHECK_EQUAL(code_of(bind_http(session_id{77}, "shop")), errc::resume_refused);
  CAF_CHECK(was_closed(session_id{77}, errc::resume_refused));
}

CAF_TEST_FIXTURE_SCOPE_END()

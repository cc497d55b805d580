// The loops' questions, answered by the tree of actors: once, in time, and so many at a time.
#define CAF_SUITE actor_gate

#include "nodes/edge/actor_gate.hpp"

#include "tests/unit/actors/tree_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

/// A reply and how often it came.
template <class Reply>
struct replies {
  std::function<void(result<Reply>)> take() {
    return [counted = came](result<Reply> outcome) { counted->push_back(std::move(outcome)); };
  }
  std::size_t count() const { return came->size(); }
  const result<Reply>& only() const {
    CAF_REQUIRE_EQUAL(came->size(), 1u);
    return came->front();
  }

  std::shared_ptr<std::vector<result<Reply>>> came = std::make_shared<std::vector<result<Reply>>>();
};

struct fixture : tree_fixture {
  replies<edge::admission> greet_lane(const lane::hello& hello) {
    replies<edge::admission> came;
    gate.greet(hello, "203.0.113.7", came.take());
    return came;
  }
  edge::admission let_in() {
    auto came = greet_lane({.api_key = "key of alice", .agent = "agent/1"});
    sched.run();
    CAF_REQUIRE(came.only());
    gate.lanes_changed(came.only()->session, 1);
    sched.run();
    return *came.only();
  }
  edge::served_endpoint bound(session_id session, const std::string& name) {
    replies<edge::served_endpoint> came;
    gate.bind(session, {.name = name}, came.take());
    sched.run();
    CAF_REQUIRE(came.only());
    return *came.only();
  }

  edge::actor_gate gate{
    sys, tree, plain_world(), {.greetings_max = 3, .binds_max = 2, .queued_max = 5}};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(actor_gate_tests, fixture)

CAF_TEST(an agent is let in by its key and again by its token) {
  auto first = let_in();
  CAF_CHECK(!first.resumed);
  CAF_CHECK_EQUAL(first.owner.value, 1);
  auto again = greet_lane({.session = first.session, .resume_token = first.resume_token});
  sched.run();
  CAF_REQUIRE(again.only());
  CAF_CHECK(again.only()->resumed);
  CAF_CHECK(again.only()->session == first.session);
  CAF_CHECK_EQUAL(again.only()->resume_token, first.resume_token);
}

CAF_TEST(an endpoint is bound and shown and given up) {
  auto agent = let_in();
  auto served = bound(agent.session, "shop");
  CAF_CHECK_EQUAL(served.name, "shop");
  CAF_CHECK_EQUAL(served.urls.front(), "http://shop.test:8080");
  gate.used({{served.endpoint, 1, 2, 3}});
  auto recorded = gate.captured(exchange(served.endpoint, "GET", "/", 200));
  sched.run();
  CAF_CHECK_EQUAL(recorded->id.value, 1u);
  auto seen = tunnels_of(as(1)).front();
  CAF_CHECK_EQUAL(seen.bytes_out, 3u);
  gate.unbind(agent.session, served.endpoint);
  sched.run();
  CAF_CHECK(edge->find("shop.test") == nullptr);
}

CAF_TEST(a goodbye reaches its session) {
  auto agent = let_in();
  bound(agent.session, "shop");
  gate.leave(agent.session);
  sched.run();
  CAF_CHECK(tunnels_of(as(1)).empty());
}

CAF_TEST(an error keeps its code) {
  auto came = greet_lane({.api_key = "key of nobody"});
  sched.run();
  CAF_CHECK_EQUAL(code_of(came.only()), errc::key_invalid);
}

CAF_TEST(one question too many is refused at once and counted) {
  facts->now = store_facts::mood::is_silent;
  std::vector<replies<edge::admission>> open;
  for (int i = 0; i < 3; ++i)
    open.push_back(greet_lane({.api_key = "key of alice"}));
  sched.run();
  auto more = greet_lane({.api_key = "key of alice"});
  CAF_CHECK_EQUAL(code_of(more.only()), errc::too_busy);
  CAF_CHECK_EQUAL(gate.refusals().greetings, 1u);
  pass(seconds{10});
  for (const auto& each : open)
    CAF_CHECK_EQUAL(code_of(each.only()), errc::control_unavailable);
  facts->now = store_facts::mood::answers;
  let_in();
}

CAF_TEST(an answer comes once also from an actor that is gone) {
  facts->now = store_facts::mood::is_silent;
  auto early = greet_lane({.api_key = "key of alice"});
  sched.run();
  tree.stop(milliseconds{0});
  sched.run();
  auto late = greet_lane({.api_key = "key of alice"});
  sched.run();
  CAF_CHECK_EQUAL(code_of(late.only()), errc::control_unavailable);
  pass(seconds{10});
  CAF_CHECK_EQUAL(code_of(early.only()), errc::control_unavailable);
  pass(seconds{60});
  CAF_CHECK_EQUAL(early.count(), 1u);
  CAF_CHECK_EQUAL(late.count(), 1u);
}

CAF_TEST(facts that may be missed are when an actor is far behind) {
  auto agent = let_in();
  for (std::uint64_t i = 1; i <= 50; ++i)
    gate.unbind(agent.session, endpoint_id{i + 1'000});
  CAF_CHECK(gate.refusals().facts >= 40u);
  gate.lanes_changed(agent.session, 0); // never missed
  sched.run();
  auto served = bound(agent.session, "shop");
  CAF_CHECK(tunnels_of(as(1)).front().state == presence::away);
}

CAF_TEST_FIXTURE_SCOPE_END()

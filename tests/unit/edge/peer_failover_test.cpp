// Agents with lanes at two edges, and visitors at a third: what is lost, and who takes over.
#define CAF_SUITE peer_failover

#include "tests/unit/edge/peer_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

/// A session at home at `there`, with a companion at `other`.
struct fixture : peer_fixture {
  void start_three() {
    other = make_edge(3);
    start();
    here->node->set_neighbours({there->as_neighbour(), other->as_neighbour()});
    CAF_REQUIRE(await([&] { return here->counts().lanes_out == 2; }));
    at_home = &agent_for("shop");
    companion = &connect(*other, at_home->welcome->session);
    tell_of("shop.test", {there->id, other->id});
  }

  std::unique_ptr<test_edge> other;
  stub_agent* at_home = nullptr;
  stub_agent* companion = nullptr;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(peer_failover_tests, fixture)

CAF_TEST(a lane that the session has here is used first) {
  start();
  auto& agent = agent_for("shop");
  auto& near = connect(*here, agent.welcome->session);
  edge_fixture::answer_with(near, hello);
  auto& who = visit(get);
  CAF_CHECK(await([&] { return who.got("hello"); }));
  CAF_CHECK(agent.streams.empty());
  near.drop_connection();
  CAF_REQUIRE(await([&] { return here->deciders.lanes_of(agent.welcome->session) == 0; }));
  edge_fixture::answer_with(agent, hello);
  who.send(get);
  CAF_CHECK(await([&] { return who.count("hello") == 2; }));
  CAF_CHECK_EQUAL(here->counts().streams_out.load(), 1u);
}

CAF_TEST(a visitor who waits at an edge that has no lane goes to one that gets one) {
  start();
  auto& agent = agent_for("shop");
  auto session = agent.welcome->session;
  there->node->set_neighbours({});
  here->node->set_neighbours({});
  CAF_REQUIRE(await([&] { return !has_lanes(*here); }));
  auto& who = visit(get);
  edge_fixture::answer_with(connect(*here, session), hello);
  CAF_CHECK(await([&] { return who.got("hello"); }));
}

CAF_TEST(an edge that is lost between requests costs none of them) {
  start_three();
  edge_fixture::answer_with(*at_home, hello);
  edge_fixture::answer_with(*companion, hello);
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return who.count("hello") == 1; }));
  CAF_CHECK_EQUAL(at_home->streams.size(), 1u);
  there.reset();
  CAF_REQUIRE(await([&] { return here->counts().lanes_out == 1; }));
  for (std::size_t i = 2; i <= 20; ++i) {
    who.send(get);
    CAF_REQUIRE(await([&] { return who.count("hello") == i; }));
  }
  CAF_CHECK_EQUAL(companion->streams.size(), 19u);
}

CAF_TEST(an edge that is lost in the middle of an answer ends it and not as if it were whole) {
  start_three();
  edge_fixture::answer_with(*companion, hello);
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return at_home->streams.size() == 1; }));
  at_home->streams.front()->send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  CAF_REQUIRE(await([&] { return who.got("half"); }));
  there.reset();
  CAF_CHECK(await([&] { return who.user.closed.has_value(); }));
  auto& next = visit(get);
  CAF_CHECK(await([&] { return next.got("hello"); }));
}

CAF_TEST(an agent that is lost in the middle of an answer ends it and not as if it were whole) {
  start();
  auto& agent = agent_for("shop");
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  agent.streams.front()->send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  CAF_REQUIRE(await([&] { return who.got("half"); }));
  agent.drop_connection();
  CAF_CHECK(await([&] { return who.user.closed.has_value(); }));
  CAF_CHECK(!who.user.ended);
}

CAF_TEST(a request that was not answered yet when its edge was lost is asked again elsewhere) {
  start_three();
  edge_fixture::answer_with(*companion, hello);
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return at_home->streams.size() == 1; }));
  there.reset();
  CAF_CHECK(await([&] { return who.got("hello"); }));
  CAF_CHECK(companion->streams.front()->received == at_home->streams.front()->received);
  who.send(get);
  CAF_CHECK(await([&] { return who.count("hello") == 2; }));
  CAF_CHECK(await([&] { return here->deciders.captures().size() == 2; }));
}

CAF_TEST(a request that might do something twice is not asked again) {
  start_three();
  edge_fixture::answer_with(*companion, hello);
  auto& who = visit("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nhi");
  CAF_REQUIRE(await([&] { return at_home->streams.size() == 1; }));
  there.reset();
  CAF_CHECK(await([&] { return who.got("SM-1014") || who.got("SM-1015"); }));
  CAF_CHECK(companion->streams.empty());
}

CAF_TEST(a request that was not answered yet waits for its agent to come back) {
  start();
  auto& agent = agent_for("shop");
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  agent.drop_connection();
  CAF_REQUIRE(await([&] { return there->counts().streams_in == 2; }));
  edge_fixture::answer_with(connect(*there, agent.welcome->session), hello);
  CAF_CHECK(await([&] { return who.got("hello"); }));
}

CAF_TEST(a request is not asked again for ever) {
  start();
  auto& agent = agent_for("shop");
  auto session = agent.welcome->session;
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  agent.drop_connection();
  for (int i = 0; i < 2; ++i) {
    auto& again = connect(*there, session);
    CAF_REQUIRE(await([&] { return again.streams.size() == 1; }));
    again.drop_connection();
  }
  CAF_CHECK(await([&] { return who.got("SM-1015"); }));
}

CAF_TEST(an edge that is about to stop ends what it has and gets nothing new) {
  config.limits.drain_time = milliseconds{8'000};
  start_three();
  edge_fixture::answer_with(*companion, hello);
  auto& busy = visit(get);
  CAF_REQUIRE(await([&] { return at_home->streams.size() == 1; }));
  std::thread stopping{[&] { there->node->stop(); }};
  CAF_REQUIRE(await([&] { return at_home->goaway.has_value(); }));
  CAF_REQUIRE(await([&] {
    auto& who = visit(get);
    CAF_REQUIRE(await([&] { return who.got("hello") || at_home->streams.size() > 1; }));
    return who.got("hello");
  }));
  CAF_CHECK_EQUAL(at_home->streams.size(), 1u);
  CAF_CHECK(!busy.is_gone());
  at_home->streams.front()->send(hello);
  at_home->streams.front()->finish();
  CAF_CHECK(await([&] { return busy.got("hello"); }));
  stopping.join();
}

CAF_TEST(what no agent has got yet when an edge stops is asked for elsewhere) {
  start_three();
  edge_fixture::answer_with(*companion, hello);
  at_home->drop_connection();
  CAF_REQUIRE(await([&] { return there->deciders.lanes_of(at_home->welcome->session) == 0; }));
  auto& who = visit("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nhi");
  CAF_REQUIRE(await([&] { return there->counts().streams_in == 1; }));
  there.reset();
  CAF_CHECK(await([&] { return who.got("hello"); }));
  CAF_CHECK(companion->streams.front()->received.ends_with("hi"));
}

CAF_TEST(an edge that stops at once ends streams of its visitors at others) {
  start();
  auto& agent = agent_for("shop");
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  here.reset();
  CAF_CHECK(await([&] { return who.is_gone(); }));
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
  CAF_CHECK(await([&] { return there->counts().lanes_in == 0; }));
}

CAF_TEST(a second lane opens under load and closes nothing) {
  start();
  auto& agent = agent_for("shop");
  std::vector<visitor*> busy;
  for (std::size_t i = 1; i <= 6; ++i) {
    busy.push_back(&visit(get));
    CAF_REQUIRE(await([&] { return agent.streams.size() == i; }));
  }
  CAF_CHECK(await([&] { return here->counts().lanes_out == 2; }));
  for (auto& stream : agent.streams) {
    stream->send(hello);
    stream->finish();
  }
  CAF_CHECK(
    await([&] { return std::ranges::all_of(busy, [](auto* who) { return who->got("hello"); }); }));
}

CAF_TEST_FIXTURE_SCOPE_END()

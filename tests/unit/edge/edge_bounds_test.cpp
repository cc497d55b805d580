// What an edge does when there is too much of something, or when it takes too long.
#define CAF_SUITE edge_bounds

#include "protocol/lane/frame.hpp"
#include "tests/unit/edge/edge_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

struct fixture : edge_fixture {
  /// A round trip of somebody else: the edge has done what it had to do before.
  void others_are_served(stub_agent& agent, int times = 1) {
    answer_with(agent, hello);
    for (int i = 0; i < times; ++i) {
      visitor other{loop, node->http_address()};
      other.send(get);
      CAF_REQUIRE(await([&] { return other.got("hello"); }));
    }
  }
};

constexpr milliseconds soon{50};

} // namespace

CAF_TEST_FIXTURE_SCOPE(edge_bounds_tests, fixture)

CAF_TEST(a head that does not end is answered with a timeout) {
  config.limits.head_timeout = soon;
  start();
  auto& who = visit("GET / HTTP/1.1\r\nHost: ");
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.user.received.starts_with("HTTP/1.1 408 "));
}

CAF_TEST(a head that comes byte by byte has no more time than another) {
  config.limits.head_timeout = milliseconds{200};
  start();
  auto& who = visit("GET / HTTP/1.1\r\nX: ");
  CAF_CHECK(await([&] {
    who.send("x");
    return who.is_gone();
  }));
}

CAF_TEST(who says nothing is hung up on) {
  config.limits.head_timeout = soon;
  start();
  auto& who = visit();
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.user.received.empty());
}

CAF_TEST(a connection that is kept may be idle for a while and no longer) {
  config.limits.idle_timeout = soon;
  start();
  auto& who = visit("GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n");
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK_EQUAL(who.count("HTTP/1.1 "), 1u);
}

CAF_TEST(a body that does not come ends the request) {
  config.limits.stalled_timeout = soon;
  start();
  auto& agent = agent_for("shop");
  auto& who = visit("PUT / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nab");
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.got("SM-1011"));
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
}

CAF_TEST(a service may be silent for longer than anybody may stall) {
  config.limits.stalled_timeout = soon;
  start();
  auto& agent = agent_for("shop");
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  auto until = loop.now() + 4 * soon;
  CAF_CHECK(await([&] { return loop.now() > until; }));
  agent.streams.front()->send(hello);
  agent.streams.front()->finish();
  CAF_CHECK(await([&] { return who.got("hello"); }));
}

CAF_TEST(who takes nothing of his answer is cut off and counts until then) {
  config.limits.stalled_timeout = milliseconds{300};
  start();
  auto& agent = agent_for("shop");
  std::string large(24 * 1024 * 1024, 'x');
  answer_with(agent, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size())
                       + "\r\n\r\n" + large);
  auto& who = visit();
  who.channel->pause_reading();
  who.send(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
}

CAF_TEST(who is answered and takes the rest slowly is not cut off by his next timeout) {
  config.limits.idle_timeout = milliseconds{20};
  start();
  auto& agent = agent_for("shop");
  std::string large(6 * 1024 * 1024, 'x');
  answer_with(agent, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size())
                       + "\r\n\r\n" + large);
  auto& who = visit();
  who.send(get);
  who.user.heard = [&] {
    who.channel->pause_reading();
    loop.after(milliseconds{2}, [&] { who.channel->resume_reading(); });
  };
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.user.received.ends_with(large));
}

CAF_TEST(who asks on and on without reading is not read from any more) {
  auto& agent = agent_for("shop");
  auto& greedy = visit();
  greedy.channel->pause_reading();
  std::string many;
  while (many.size() < 1024 * 1024)
    many += "GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n";
  for (int i = 0; i < 64; ++i)
    greedy.send(many);
  others_are_served(agent, 50);
  // What sockets hold is a few megabytes; all else has stayed here.
  CAF_CHECK(greedy.channel->unsent() > 32 * many.size());
  greedy.channel->resume_reading();
  CAF_CHECK(await([&] { return greedy.count("HTTP/1.1 404 ") > 5000; }));
}

CAF_TEST(the oldest stranger makes room for the newest) {
  config.limits.strangers_max = 3;
  start();
  auto& agent = agent_for("shop");
  answer_with(agent, hello);
  auto& first = visit();
  auto& second = visit();
  auto& known = visit(get);
  CAF_REQUIRE(await([&] { return known.got("hello"); }));
  visit();
  auto& fourth = visit();
  CAF_CHECK(await([&] { return first.is_gone(); }));
  CAF_CHECK(!second.is_gone());
  CAF_CHECK_EQUAL(node->counters().strangers_dropped.load(), 1u);
  for (auto* who : {&second, &fourth, &known})
    who->send(get);
  CAF_CHECK(
    await([&] { return second.got("hello") && fourth.got("hello") && known.count("hello") == 2; }));
}

CAF_TEST(beyond the last place visitors are hung up on and counted) {
  config.limits.visitors_max = 2;
  start();
  visit();
  visit();
  auto& third = visit();
  CAF_CHECK(await([&] { return third.is_gone(); }));
  CAF_CHECK(await([&] { return node->counters().connections_refused == 1; }));
}

CAF_TEST(a request waits for an agent that is away and no longer than that) {
  config.limits.away_patience = soon;
  start();
  deciders->promise("shop.test", session_id{77});
  auto& who = visit(get);
  CAF_CHECK(await([&] { return who.got("SM-1005"); }));
  CAF_CHECK(!who.is_gone());
}

CAF_TEST(only so many requests wait) {
  config.limits.waiting_max = 1;
  start();
  deciders->promise("shop.test", session_id{77});
  auto& first = visit(get);
  auto& second = visit(get);
  CAF_CHECK(await([&] { return first.got("SM-1012") || second.got("SM-1012"); }));
  CAF_CHECK_EQUAL(node->counters().waits_refused.load(), 1u);
  // Who leaves gives the place away.
  auto& waiting = first.got("SM-1012") ? second : first;
  waiting.channel->close();
  CAF_CHECK(await([&] {
    visitor third{loop, node->http_address()};
    third.send(get);
    auto until = loop.now() + soon;
    await([&] { return third.got("SM-1012") || loop.now() > until; });
    return !third.got("SM-1012");
  }));
}

CAF_TEST(who waits is not read from) {
  config.limits.away_patience = milliseconds{60'000};
  start();
  auto& agent = agent_for("shop");
  deciders->promise("away.test", session_id{77});
  auto& who = visit("PUT / HTTP/1.1\r\nHost: away.test\r\nContent-Length: 100000000\r\n\r\n");
  others_are_served(agent);
  who.send(std::string(50'000'000, 'x'));
  others_are_served(agent, 50);
  CAF_CHECK(who.channel->unsent() > 25'000'000);
}

CAF_TEST(a lane has so many streams and the next request is told) {
  config.limits.streams_per_lane = 2;
  start();
  auto& agent = agent_for("shop");
  visit(get);
  visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 2; }));
  auto& third = visit(get);
  CAF_CHECK(await([&] { return third.got("SM-1012"); }));
  CAF_CHECK_EQUAL(node->counters().streams_refused.load(), 1u);
}

CAF_TEST(a request goes by a busy lane when the quiet one is full) {
  config.limits.streams_per_lane = 2;
  start();
  auto& first = agent_for("shop");
  stub_agent second{loop, node->tls_address(), trust, "good", first.welcome->session};
  CAF_REQUIRE(await([&] { return second.welcome.has_value(); }));
  std::string large(1024 * 1024, 'x');
  for (auto* agent : {&first, &second})
    answer_with(*agent, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size())
                          + "\r\n\r\n" + large);
  auto& busy = visit(get);
  CAF_REQUIRE(await([&] { return busy.user.received.size() > large.size(); }));
  first.on_request = second.on_request = {};
  for (int i = 0; i < 4; ++i)
    visit(get);
  CAF_CHECK(await([&] { return first.streams.size() + second.streams.size() == 5; }));
  CAF_CHECK_EQUAL(node->counters().streams_refused.load(), 0u);
}

CAF_TEST(a session has so many lanes and the stalest makes room) {
  config.limits.lanes_per_session = 2;
  start();
  auto& agent = agent_for("shop");
  auto session = agent.welcome->session;
  stub_agent second{loop, node->tls_address(), trust, "good", session};
  CAF_REQUIRE(await([&] { return second.welcome.has_value(); }));
  stub_agent third{loop, node->tls_address(), trust, "good", session};
  CAF_REQUIRE(await([&] { return third.welcome.has_value(); }));
  CAF_CHECK(await([&] { return agent.closed || second.closed; }));
  CAF_CHECK(await([&] { return deciders->lanes_of(session) == 2; }));
  CAF_CHECK_EQUAL(node->counters().lanes_replaced.load(), 1u);
}

CAF_TEST(who connects to the TLS port and says nothing is hung up on) {
  config.limits.greeting_timeout = soon;
  start();
  visitor who{loop, node->tls_address()};
  CAF_CHECK(await([&] { return who.is_gone(); }));
}

CAF_TEST(who begins a TLS handshake and does not go on is hung up on) {
  config.limits.greeting_timeout = config.limits.head_timeout = milliseconds{200};
  start();
  for (const auto* protocol : {edge::alpn_lane, edge::alpn_http}) {
    auto browser = *net::make_client_context({.alpn = {protocol}, .verify_peer = false});
    std::vector<std::byte> nothing(32 * 1024);
    byte_queue client_hello;
    CAF_REQUIRE(net::tls_session::connect(browser, "edge.test").advance({}, nothing, client_hello));
    visitor who{loop, node->tls_address()};
    who.send(client_hello.text());
    CAF_REQUIRE(await([&] { return !who.user.received.empty(); }));
    CAF_CHECK(await([&] { return who.is_gone(); }));
  }
}

CAF_TEST(an agent that shakes hands and says nothing is told) {
  config.limits.greeting_timeout = milliseconds{200};
  start();
  visitor who{loop, node->tls_address(), trust, "edge.test"};
  CAF_REQUIRE(await([&] { return who.user.secured; }));
  CAF_REQUIRE(await([&] { return who.user.ended; }));
  auto goodbye = as_bytes(who.user.received);
  CAF_REQUIRE(goodbye.size() > lane::header_bytes);
  auto why = lane::parse_goaway(goodbye.subspan(lane::header_bytes));
  CAF_REQUIRE(why);
  CAF_CHECK_EQUAL(why->code, errc::greeting_timeout);
}

CAF_TEST(an agent whose key nobody checks in time is told and a late answer reaches nobody) {
  config.limits.greeting_timeout = milliseconds{200};
  start();
  stub_agent agent{loop, node->tls_address(), trust, "slow"};
  CAF_REQUIRE(await([&] { return deciders->slow() == 1; }));
  CAF_REQUIRE(await([&] { return agent.goaway && agent.closed; }));
  CAF_CHECK_EQUAL(agent.goaway->code, errc::control_unavailable);
  deciders->answer_the_slow();
  agent_for("shop");
  CAF_CHECK(!agent.welcome);
}

CAF_TEST_FIXTURE_SCOPE_END()

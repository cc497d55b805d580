// The edge as a whole: agents that come and go, several loops, replays, and how it stops.
#define CAF_SUITE edge_node

#include "tests/unit/edge/edge_fixture.hpp"

#include <openssl/ssl.h>

#include <set>
#include <thread>

using namespace serverme;
using namespace serverme::tests;

namespace {

std::string answer_of(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string get_from(const std::string& name) {
  return "GET / HTTP/1.1\r\nHost: " + name + ".test\r\n\r\n";
}

struct fixture : edge_fixture {
  /// The answer, once it has come.
  std::future<result<std::shared_ptr<const capture>>> replay(const capture& original) {
    auto promise = std::make_shared<std::promise<result<std::shared_ptr<const capture>>>>();
    node->replay(*deciders->find("shop.test"), original,
                 [promise](auto outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }

  template <class T>
  T await_value(std::future<T> future) {
    CAF_REQUIRE(await([&] { return future.wait_for(seconds{0}) == std::future_status::ready; }));
    return future.get();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(edge_node_tests, fixture)

CAF_TEST(a wrong key is told and not let in) {
  stub_agent agent{loop, node->tls_address(), trust, "bad"};
  CAF_CHECK(await([&] { return agent.goaway && agent.closed; }));
  CAF_CHECK_EQUAL(agent.goaway->code, errc::key_invalid);
  CAF_CHECK(!agent.welcome);
}

CAF_TEST(an agent with older TLS is not let in) {
  auto old = *net::make_client_context({.ca_file = ca.path(), .alpn = {edge::alpn_lane}});
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  stub_agent agent{loop, node->tls_address(), old};
  CAF_CHECK(await([&] { return agent.closed.has_value(); }));
  CAF_CHECK(!agent.welcome);
}

CAF_TEST(a visitor with older TLS is served) {
  answer_with(agent_for("shop"), hello);
  auto old = *net::make_client_context({.ca_file = ca.path(), .alpn = {"http/1.1"}});
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  visitor who{loop, node->tls_address(), old, "edge.test"};
  CAF_REQUIRE(await([&] { return who.user.secured; }));
  who.send(get);
  CAF_CHECK(await([&] { return who.got("hello"); }));
  CAF_CHECK_EQUAL(who.channel->tls().version(), "TLSv1.2");
}

CAF_TEST(a first frame that is no hello ends the lane) {
  visitor who{loop, node->tls_address(), trust, "edge.test"};
  CAF_REQUIRE(await([&] { return who.user.secured; }));
  who.send(std::string_view{"\x07\x00\x00\x08\x00\x00\x00\x00", 8});
  CAF_CHECK(await([&] { return who.user.ended; }));
}

CAF_TEST(an agent that breaks the protocol loses its lane) {
  auto& agent = agent_for("shop");
  byte_queue nonsense;
  lane::append_header(nonsense, {.type = lane::frame_type::bind, .length = 0xffff});
  agent.link().send_control(lane::frame_type::bind, nonsense);
  CAF_CHECK(await([&] { return agent.closed.has_value(); }));
  CAF_REQUIRE(agent.goaway);
  CAF_CHECK_EQUAL(agent.goaway->code, errc::protocol_violation);
  CAF_CHECK(await([&] { return deciders->lanes_of(agent.welcome->session) == 0; }));
}

CAF_TEST(a request waits for an agent that comes back) {
  auto& agent = agent_for("shop");
  agent.drop_connection();
  CAF_REQUIRE(await([&] { return deciders->lanes_of(agent.welcome->session) == 0; }));
  auto& who = visit(get);
  answer_with(agent_for("shop"), hello);
  CAF_CHECK(await([&] { return who.got("hello"); }));
}

CAF_TEST(requests go to the newest lane while an older one gives no sign of life) {
  auto& dead = agent_for("shop");
  dead.fall_silent();
  stub_agent again{loop, node->tls_address(), trust, "good", dead.welcome->session};
  CAF_REQUIRE(await([&] { return again.welcome.has_value(); }));
  answer_with(again, hello);
  auto& who = visit();
  for (std::size_t i = 1; i <= 10; ++i) {
    who.send(get);
    CAF_REQUIRE(await([&] { return who.count("hello") == i; }));
  }
  CAF_CHECK(dead.streams.empty());
}

CAF_TEST(a lane that answers takes its share again) {
  auto& first = agent_for("shop");
  stub_agent second{loop, node->tls_address(), trust, "good", first.welcome->session};
  CAF_REQUIRE(await([&] { return second.welcome.has_value(); }));
  answer_with(first, hello);
  answer_with(second, answer_of(std::string(100'000, 'x')));
  CAF_CHECK(await([&] {
    auto& who = visit(get);
    return await([&] { return who.got("hello") || who.user.received.ends_with("xxx"); })
           && !first.streams.empty() && !second.streams.empty();
  }));
}

CAF_TEST(one visitor who stops reading stops nobody else) {
  auto& agent = agent_for("shop");
  std::string large(24 * 1024 * 1024, 'x');
  agent.on_request = [&](stub_stream& stream) {
    if (!std::exchange(stream.ended, false))
      return;
    stream.send(stream.received.starts_with("GET /large") ? answer_of(large) : hello);
    stream.finish();
  };
  auto& stalled = visit();
  stalled.channel->pause_reading();
  stalled.send("GET /large HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  for (int i = 0; i < 20; ++i) {
    auto& other = visit(get);
    CAF_REQUIRE(await([&] { return other.got("hello"); }));
  }
  stalled.channel->resume_reading();
  CAF_CHECK(await([&] { return stalled.user.received.size() > large.size(); }));
}

CAF_TEST(visitors find their agent on whichever loop it lives) {
  config.loops = 3;
  start();
  const std::vector<std::string> names{"a", "b", "c", "d"};
  for (const auto& name : names)
    answer_with(agent_for(name), answer_of("from " + name));
  auto& who = visit();
  auto browser = *net::make_client_context({.ca_file = ca.path()});
  visitor secure{loop, node->tls_address(), browser, "edge.test"};
  CAF_REQUIRE(await([&] { return secure.user.secured; }));
  for (std::size_t round = 1; round <= 3; ++round)
    for (const auto& name : names) {
      who.send(get_from(name));
      secure.send(get_from(name));
      CAF_REQUIRE(await([&] {
        return who.count("from " + name) == round && secure.count("from " + name) == round;
      }));
    }
}

CAF_TEST(requests in a row find each its own loop) {
  config.loops = 3;
  start();
  for (const auto* name : {"a", "b", "c", "d"})
    answer_with(agent_for(name), answer_of(std::string{"from "} + name + "."));
  std::string all;
  for (int i = 0; i < 25; ++i)
    for (const auto* name : {"a", "b", "c", "d"})
      all += get_from(name);
  auto& who = visit(all);
  CAF_REQUIRE(await([&] { return who.count("from ") == 100; }));
  std::string order;
  for (std::size_t at = 0; (at = who.user.received.find("from ", at)) != std::string::npos; ++at)
    order += who.user.received[at + 5];
  CAF_CHECK_EQUAL(order.substr(0, 8), "abcdabcd");
  CAF_CHECK_EQUAL(order.substr(92), "abcdabcd");
}

CAF_TEST(two nodes do not share a port by accident) {
  config.loops = 2;
  start();
  auto second = config;
  second.http = node->http_address();
  edge::edge_node other{second, certificates};
  easy_decisions others{other};
  auto outcome = other.start(others);
  CAF_REQUIRE(!outcome);
  CAF_CHECK_EQUAL(outcome.error().code, errc::listen_failed);
}

CAF_TEST(a captured request is sent again by its own route) {
  auto& agent = agent_for("shop");
  answer_with(agent, hello);
  visit("POST /pay HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\n\r\nabc");
  CAF_REQUIRE(await([&] { return deciders->captures().size() == 1; }));
  auto answer = await_value(replay(*deciders->captures().front()));
  CAF_REQUIRE(answer);
  CAF_CHECK_EQUAL((*answer)->response.body, "hello");
  CAF_CHECK_EQUAL((*answer)->request.body, "abc");
  CAF_CHECK((*answer)->replay_of.has_value());
  CAF_CHECK(agent.streams.back()->received.ends_with("\r\n\r\nabc"));
}

CAF_TEST(a replay that is not answered whole says so) {
  auto& agent = agent_for("shop");
  answer_with(agent, hello);
  visit(get);
  CAF_REQUIRE(await([&] { return deciders->captures().size() == 1; }));
  auto original = deciders->captures().front();
  answer_with(agent, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
  auto half = await_value(replay(*original));
  CAF_REQUIRE(!half);
  CAF_CHECK_EQUAL(half.error().code, errc::replay_failed);
  agent.drop_connection();
  CAF_REQUIRE(await([&] { return deciders->lanes_of(agent.welcome->session) == 0; }));
  auto away = await_value(replay(*original));
  CAF_CHECK(!away);
}

CAF_TEST(a session that is closed is told why and its lanes end) {
  auto& agent = agent_for("shop");
  node->close_session(agent.welcome->session, {.code = errc::key_invalid});
  CAF_CHECK(await([&] { return agent.goaway && agent.closed; }));
  CAF_CHECK_EQUAL(agent.goaway->code, errc::key_invalid);
}

CAF_TEST(a stop waits for answers under way and sends idle visitors away) {
  config.limits.drain_time = milliseconds{8'000};
  start();
  auto& agent = agent_for("shop");
  auto& idle = visit();
  auto& busy = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  auto began = loop.now();
  std::thread stopping{[&] { node->stop(); }};
  CAF_CHECK(await([&] { return agent.goaway && idle.is_gone(); }));
  CAF_CHECK_EQUAL(agent.goaway->code, errc::draining);
  CAF_CHECK(!busy.is_gone());
  agent.streams.front()->send(hello);
  agent.streams.front()->finish();
  CAF_CHECK(await([&] { return busy.user.ended; }));
  CAF_CHECK(busy.user.received.ends_with("hello"));
  CAF_CHECK(busy.got("Connection: close"));
  stopping.join();
  CAF_CHECK(loop.now() - began < seconds{6});
}

CAF_TEST(agents are told of the other edges that live and do not drain) {
  auto& early = agent_for("shop");
  CAF_CHECK(has(early.welcome->capabilities, lane::capability::companions));
  CAF_CHECK(early.welcome->edges.empty());
  node->set_neighbours({{node_id{1, 1}, "192.0.2.1:443"},
                        {node_id{2, 2}, ""},
                        {node_id{3, 3}, "192.0.2.3:443", true}});
  CAF_REQUIRE(await([&] { return !early.edges.empty(); }));
  CAF_CHECK(early.edges.back().others == std::vector<std::string>{"192.0.2.1:443"});
  CAF_CHECK(!early.edges.back().please_move);
  auto& late = agent_for("cafe");
  CAF_CHECK(late.welcome->edges == std::vector<std::string>{"192.0.2.1:443"});
  node->set_neighbours({});
  CAF_REQUIRE(await([&] { return early.edges.size() == 2 && late.edges.size() == 1; }));
  CAF_CHECK(late.edges.back().others.empty());
}

CAF_TEST(of many edges each agent hears of some) {
  std::vector<actors::neighbour_edge> all;
  for (std::uint64_t i = 1; i <= 30; ++i)
    all.push_back({node_id{i, i}, "192.0.2." + std::to_string(i) + ":443"});
  node->set_neighbours(all);
  std::set<std::string> told;
  for (int i = 0; i < 8; ++i) {
    auto& agent = agent_for("shop" + std::to_string(i));
    CAF_CHECK_EQUAL(agent.welcome->edges.size(), 8u);
    told.insert(agent.welcome->edges.begin(), agent.welcome->edges.end());
  }
  CAF_CHECK(told.size() > 8);
}

CAF_TEST(an edge that stops sends its agents to the others and waits until they have gone) {
  config.limits.drain_time = milliseconds{8'000};
  start();
  auto& agent = agent_for("shop");
  node->set_neighbours({{node_id{1, 1}, "192.0.2.1:443"}});
  CAF_REQUIRE(await([&] { return !agent.edges.empty(); }));
  auto began = loop.now();
  std::thread stopping{[&] { node->stop(); }};
  CAF_REQUIRE(await([&] { return agent.goaway.has_value(); }));
  CAF_CHECK_EQUAL(agent.goaway->code, errc::draining);
  CAF_CHECK(agent.goaway->prefer == std::vector<std::string>{"192.0.2.1:443"});
  auto until = loop.now() + milliseconds{300};
  CAF_REQUIRE(await([&] { return loop.now() > until; }));
  CAF_CHECK(!agent.closed); // it may be on its way
  agent.say_goodbye(errc::draining);
  CAF_CHECK(await([&] { return agent.closed.has_value(); }));
  stopping.join();
  CAF_CHECK(loop.now() - began < seconds{3});
}

CAF_TEST(a stop does not wait for ever) {
  config.limits.drain_time = milliseconds{50};
  start();
  auto& agent = agent_for("shop");
  auto& busy = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  auto& half = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 2; }));
  agent.streams.back()->send("HTTP/1.1 200 OK\r\n\r\nhalf of it");
  CAF_REQUIRE(await([&] { return half.got("half of it"); }));
  node->stop();
  CAF_CHECK(await([&] { return busy.user.ended && agent.closed; }));
  CAF_CHECK(busy.got("SM-1014"));
  // An answer that ends with its connection must not look whole.
  CAF_CHECK(await([&] { return half.user.closed.has_value(); }));
  CAF_CHECK(!half.user.ended);
}

CAF_TEST(who asks a node that has stopped is told) {
  node->stop();
  auto answered = errc{};
  node->open_port(0, [&](result<done> outcome) { answered = outcome.error().code; });
  CAF_CHECK_EQUAL(answered, errc::draining);
}

CAF_TEST(an answer of the deciders that comes after the stop reaches nothing) {
  stub_agent agent{loop, node->tls_address(), trust, "slow"};
  CAF_REQUIRE(await([&] { return deciders->slow() == 1; }));
  node.reset();
  deciders->answer_the_slow();
  CAF_CHECK(await([&] { return agent.closed.has_value(); }));
  CAF_CHECK(!agent.welcome);
}

CAF_TEST_FIXTURE_SCOPE_END()

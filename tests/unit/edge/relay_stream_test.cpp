// Visitors at one edge whose agents are at another: everything that a visitor there can have.
#define CAF_SUITE relay_stream

#include "tests/unit/edge/peer_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

const std::string upgrade
  = "GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";
const std::string switching
  = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";

struct fixture : peer_fixture {
  visitor& call(std::uint16_t port) {
    return *visitors.emplace_back(new visitor{loop, {"127.0.0.1", port}});
  }
  /// Nothing of a stream is left: it could serve as many more.
  bool is_clean() {
    return await([&] {
      return std::ranges::all_of(agents, [](auto& agent) { return agent->core().streams() == 0; });
    });
  }
};

std::string counting(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>(i * 31 + i / 251);
  return out;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(relay_stream_tests, fixture)

CAF_TEST(a request at one edge is answered by an agent at another) {
  start();
  auto& agent = agent_for("shop");
  edge_fixture::answer_with(agent, hello);
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return who.got("hello"); }));
  const auto& opened = agent.streams.front()->opened;
  CAF_CHECK_EQUAL(opened.visitor_address, "127.0.0.1");
  CAF_CHECK_EQUAL(opened.visitor_port, who.channel->local().port);
  CAF_CHECK_EQUAL(opened.server_port, here->node->http_address().port);
  CAF_CHECK(!opened.session);
  CAF_CHECK(agent.streams.front()->received.find("X-Forwarded-For: 127.0.0.1")
            != std::string::npos);
  CAF_CHECK_EQUAL(here->counts().streams_out.load(), 1u);
  CAF_CHECK_EQUAL(there->counts().streams_in.load(), 1u);
}

CAF_TEST(an exchange is recorded where the visitor is and counted there) {
  start();
  edge_fixture::answer_with(agent_for("shop"), hello);
  visit(get);
  CAF_CHECK(
    await([&] { return here->deciders.captures().size() == 1 && here->deciders.visits() == 1; }));
  CAF_CHECK_EQUAL(here->deciders.captures().front()->response.body, "hello");
  CAF_CHECK(there->deciders.captures().empty());
}

CAF_TEST(many requests on one connection leave nothing behind) {
  start();
  auto& agent = agent_for("shop");
  edge_fixture::answer_with(agent, hello);
  auto& who = visit(get);
  for (std::size_t i = 1; i <= 200; ++i) {
    CAF_REQUIRE(await([&] { return who.count("hello") == i; }));
    who.send(get);
  }
  CAF_CHECK(is_clean());
}

CAF_TEST(a large answer arrives whole) {
  start();
  auto body = counting(10'000'000);
  edge_fixture::answer_with(agent_for("shop"), answer_with_body(body));
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return who.user.received.size() > body.size(); }));
  CAF_CHECK(who.user.received.ends_with(body));
  CAF_CHECK(is_clean());
}

CAF_TEST(a large upload arrives whole) {
  start();
  auto& agent = agent_for("shop");
  edge_fixture::answer_with(agent, hello);
  auto body = counting(10'000'000);
  auto& who = visit("PUT / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 10000000\r\n\r\n");
  who.send(body);
  CAF_REQUIRE(await([&] { return who.got("hello"); }));
  CAF_CHECK(agent.streams.front()->received.ends_with(body));
  CAF_CHECK(is_clean());
}

CAF_TEST(an upgraded connection carries bytes both ways and each way ends by itself) {
  start();
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) {
    if (stream.received.ends_with("\r\n\r\n"))
      stream.send(switching);
    else if (stream.received.ends_with("ping"))
      stream.send("pong");
  };
  auto& who = visit(upgrade);
  CAF_REQUIRE(await([&] { return who.got("101 Switching"); }));
  who.send("ping");
  CAF_CHECK(await([&] { return who.user.received.ends_with("pong"); }));
  who.channel->finish();
  CAF_CHECK(await([&] { return agent.streams.front()->ended; }));
  agent.streams.front()->finish();
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(is_clean());
}

CAF_TEST(half of a TCP connection may end and the answer still comes) {
  start();
  std::uint16_t port = 0;
  auto& agent = tcp_agent(port);
  agent.on_request = [](stub_stream& stream) {
    if (!std::exchange(stream.ended, false))
      return;
    stream.send("answer to " + stream.received);
    stream.finish();
  };
  auto& who = call(port);
  who.send("question");
  who.channel->finish();
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK_EQUAL(who.user.received, "answer to question");
  CAF_CHECK_EQUAL(agent.streams.front()->opened.server_port, port);
  CAF_CHECK(is_clean());
}

CAF_TEST(a service may end first and still gets all that the visitor sends) {
  start();
  std::uint16_t port = 0;
  auto& agent = tcp_agent(port);
  agent.on_request = [](stub_stream& stream) {
    stream.hold_back();
    if (stream.received.empty()) {
      stream.send("bye");
      stream.finish();
    }
  };
  auto& who = call(port);
  CAF_REQUIRE(await([&] { return who.user.ended; }));
  auto much = counting(4'000'000);
  who.send(much);
  who.channel->finish();
  auto& stream = *agent.streams.front();
  CAF_REQUIRE(await([&] { return stream.received.size() >= 256 * 1024; }));
  agent.on_request = {};
  stream.give_back();
  CAF_CHECK(await([&] { return stream.ended || stream.reset_by_peer; }));
  CAF_CHECK(stream.received == much);
  CAF_CHECK(!stream.reset_by_peer);
  CAF_CHECK(is_clean());
}

CAF_TEST(a reset passes in both directions) {
  start();
  std::uint16_t port = 0;
  auto& agent = tcp_agent(port);
  auto& one = call(port);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  one.channel->abort();
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
  auto& other = call(port);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 2; }));
  agent.streams.back()->reset(errc::local_refused);
  CAF_CHECK(await([&] { return other.user.closed.has_value(); }));
  CAF_CHECK(is_clean());
}

CAF_TEST(a TLS tunnel is passed through untouched) {
  start();
  auto& agent = agent_for("bank", {.kind = endpoint_kind::tls});
  auto theirs = make_certificate("bank.test");
  ca_file their_ca{theirs};
  visitor who{loop, here->node->tls_address(),
              *net::make_client_context({.ca_file = their_ca.path()}), "bank.test"};
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  auto service = net::tls_session::accept(*net::make_server_context(theirs, {}));
  std::string heard;
  agent.on_request = [&](stub_stream& stream) {
    std::vector<std::byte> plain(64 * 1024);
    byte_queue out;
    auto bytes = std::exchange(stream.received, {});
    auto step = service.advance(as_bytes(bytes), plain, out);
    CAF_REQUIRE(step);
    heard += as_text({plain.data(), step->plain});
    stream.send(std::string{out.text()});
  };
  agent.on_request(*agent.streams.front());
  CAF_REQUIRE(await([&] { return who.user.secured; }));
  who.send("through two edges");
  CAF_CHECK(await([&] { return heard == "through two edges"; }));
}

CAF_TEST(what the agent reports becomes a page of the same code) {
  start();
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) {
    if (std::exchange(stream.ended, false))
      stream.reset(errc::local_refused);
  };
  auto& who = visit(get);
  CAF_CHECK(await([&] { return who.got("SM-1006"); }));
}

CAF_TEST(one visitor who stops reading stops nobody else) {
  start();
  auto& agent = agent_for("shop");
  auto large = answer_with_body(std::string(24'000'000, 'x'));
  agent.on_request = [&](stub_stream& stream) {
    if (!std::exchange(stream.ended, false))
      return;
    stream.send(stream.received.starts_with("GET /large") ? large : hello);
    stream.finish();
  };
  auto& stalled = visit("");
  stalled.channel->pause_reading();
  stalled.send("GET /large HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  for (int i = 0; i < 50; ++i) {
    auto& other = visit(get);
    CAF_REQUIRE(await([&] { return other.got("hello"); }));
  }
  CAF_CHECK(agent.core().streams() == 1);
  stalled.channel->resume_reading();
  CAF_CHECK(await([&] { return stalled.user.received.size() > 24'000'000; }));
  CAF_CHECK(is_clean());
}

CAF_TEST(an upload that the service does not take is held back at the visitor) {
  start();
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) { stream.hold_back(); };
  auto& who = visit("PUT / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 100000000\r\n\r\n");
  who.send(std::string(40'000'000, 'x'));
  CAF_REQUIRE(await([&] {
    return !agent.streams.empty() && agent.streams.front()->received.size() >= 256 * 1024;
  }));
  edge_fixture::answer_with(agent, hello);
  // Others pass meanwhile, and what waits for this one is no more than windows.
  auto& other = visit(get);
  CAF_CHECK(await([&] { return other.got("hello"); }));
  CAF_CHECK_GREATER(who.channel->unsent(), 20'000'000u);
  who.channel->abort();
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
}

CAF_TEST(a visitor who leaves takes his stream along) {
  start();
  auto& agent = agent_for("shop");
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  who.channel->close();
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
  CAF_CHECK(is_clean());
}

CAF_TEST(sessions are found on whichever loop they live) {
  config.loops = 3;
  there = make_edge(2);
  config.loops = 2;
  here = make_edge(1);
  introduce();
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g"};
  for (const auto& name : names)
    edge_fixture::answer_with(agent_for(name), answer_with_body("from " + name + "."));
  auto& who = visit("");
  for (std::size_t round = 1; round <= 3; ++round)
    for (const auto& name : names) {
      who.send("GET / HTTP/1.1\r\nHost: " + name + ".test\r\n\r\n");
      CAF_REQUIRE(await([&] { return who.count("from " + name + ".") == round; }));
    }
}

CAF_TEST(a request waits at the other edge for an agent that comes back) {
  start();
  auto& agent = agent_for("shop");
  auto session = agent.welcome->session;
  agent.drop_connection();
  CAF_REQUIRE(await([&] { return there->deciders.lanes_of(session) == 0; }));
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return there->counts().streams_in == 1; }));
  edge_fixture::answer_with(connect(*there, session), hello);
  CAF_CHECK(await([&] { return who.got("hello"); }));
}

CAF_TEST(a TCP visitor waits with what he said and with his end) {
  start();
  std::uint16_t port = 0;
  auto& agent = tcp_agent(port);
  auto session = agent.welcome->session;
  agent.drop_connection();
  CAF_REQUIRE(await([&] { return there->deciders.lanes_of(session) == 0; }));
  auto& who = call(port);
  auto much = counting(200'000);
  who.send(much);
  who.channel->finish();
  CAF_REQUIRE(await([&] { return there->counts().streams_in == 1; }));
  auto& again = connect(*there, session);
  CAF_REQUIRE(await([&] { return again.streams.size() == 1 && again.streams.front()->ended; }));
  CAF_CHECK(again.streams.front()->received == much);
}

CAF_TEST(a request waits here for an edge that comes back) {
  start();
  auto port = there->node->tls_address().port;
  auto& agent = agent_for("shop");
  auto session = agent.welcome->session;
  there.reset();
  CAF_REQUIRE(await([&] { return !has_lanes(*here); }));
  auto& who = visit(get);
  config.tls.port = port;
  there = make_edge(2);
  edge_fixture::answer_with(connect(*there, session), hello);
  CAF_CHECK(await([&] { return who.got("hello"); }));
}

CAF_TEST(streams never go on to a third edge) {
  config.limits.away_patience = milliseconds{200};
  start();
  auto nobody = session_id{77};
  auto point = [&](test_edge& from, const test_edge& to) {
    from.deciders.put({.endpoint = endpoint_id{5},
                       .host = "shop.test",
                       .session = nobody,
                       .owner = account_id{1},
                       .generation = generation{1},
                       .places = std::make_shared<session_places>(session_places{to.id, {}})});
  };
  point(*here, *there);
  point(*there, *here);
  auto& who = visit(get);
  CAF_CHECK(await([&] { return who.got("SM-1005"); }));
  CAF_CHECK_EQUAL(there->counts().streams_in.load(), 1u);
  CAF_CHECK_EQUAL(there->counts().streams_in_refused.load(), 1u);
  CAF_CHECK_EQUAL(there->counts().streams_out.load(), 0u);
  CAF_CHECK_EQUAL(here->counts().streams_in.load(), 0u);
}

CAF_TEST(not more than so many wait at the other edge) {
  config.limits.waiting_max = 3;
  start();
  auto& agent = agent_for("shop");
  auto session = agent.welcome->session;
  agent.drop_connection();
  CAF_REQUIRE(await([&] { return there->deciders.lanes_of(session) == 0; }));
  for (std::uint64_t i = 1; i <= 3; ++i) {
    visit(get);
    CAF_REQUIRE(await([&] { return there->counts().streams_in == i; }));
  }
  auto& one_more = visit(get);
  CAF_CHECK(await([&] { return one_more.got("SM-1012"); }));
  edge_fixture::answer_with(connect(*there, session), hello);
  CAF_CHECK(await([&] {
    return std::ranges::count_if(visitors, [](auto& who) { return who->got("hello"); }) == 3;
  }));
}

CAF_TEST(an endpoint that is dropped ends the connections that came over another edge) {
  start();
  auto& agent = agent_for("shop");
  edge_fixture::answer_with(agent, hello);
  agent.on_request = [](stub_stream& stream) { stream.send(switching); };
  auto& who = visit(upgrade);
  CAF_REQUIRE(await([&] { return who.got("101 Switching"); }));
  there->node->drop_endpoint(agent.welcome->session, {.endpoint = agent.bound.front().endpoint});
  CAF_CHECK(await([&] { return who.user.closed.has_value(); }));
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
}

CAF_TEST(a captured request is sent again to an agent at another edge) {
  start();
  auto& agent = agent_for("shop");
  edge_fixture::answer_with(agent, hello);
  visit("POST /pay HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\n\r\nabc");
  CAF_REQUIRE(await([&] { return here->deciders.captures().size() == 1; }));
  std::promise<result<std::shared_ptr<const capture>>> answered;
  auto answer = answered.get_future();
  here->node->replay(*here->deciders.find("shop.test"), *here->deciders.captures().front(),
                     [&](auto outcome) { answered.set_value(std::move(outcome)); });
  CAF_REQUIRE(await([&] { return answer.wait_for(seconds{0}) == std::future_status::ready; }));
  auto outcome = answer.get();
  CAF_REQUIRE(outcome);
  CAF_CHECK_EQUAL((*outcome)->response.body, "hello");
  CAF_CHECK(agent.streams.back()->received.ends_with("\r\n\r\nabc"));
}

CAF_TEST_FIXTURE_SCOPE_END()

// Visitors of TCP tunnels, and those whose TLS is not ours.
#define CAF_SUITE raw_visitor

#include "tests/unit/edge/edge_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

struct fixture : edge_fixture {
  visitor& call() { return *visitors.emplace_back(new visitor{loop, {"127.0.0.1", port}}); }
  std::uint16_t port = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(raw_visitor_tests, fixture)

CAF_TEST(half of a connection may end and the answer still comes) {
  auto& agent = tcp_agent(port);
  agent.on_request = [](stub_stream& stream) {
    if (!std::exchange(stream.ended, false))
      return;
    stream.send("answer to " + stream.received);
    stream.finish();
  };
  auto& who = call();
  who.send("question");
  who.channel->finish();
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK_EQUAL(who.user.received, "answer to question");
  CAF_CHECK(await([&] { return deciders->visits() == 1; }));
}

CAF_TEST(a service may speak first and every byte passes) {
  auto& agent = tcp_agent(port);
  agent.on_request = [](stub_stream& stream) {
    if (stream.received.empty())
      stream.send("220 ready\r\n");
    else
      stream.send(std::exchange(stream.received, "."));
  };
  auto& who = call();
  CAF_REQUIRE(await([&] { return who.got("220 ready\r\n"); }));
  std::string all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<char>(i));
  agent.streams.front()->received.clear();
  who.send(all);
  CAF_CHECK(await([&] { return who.user.received.ends_with(all); }));
  CAF_CHECK_EQUAL(agent.streams.front()->opened.server_port, port);
  CAF_CHECK(agent.streams.front()->opened.kind == endpoint_kind::tcp);
}

CAF_TEST(a service may end first and still gets all that the visitor sends) {
  auto& agent = tcp_agent(port);
  agent.on_request = [](stub_stream& stream) {
    stream.hold_back();
    if (stream.received.empty()) {
      stream.send("bye");
      stream.finish();
    }
  };
  auto& who = call();
  CAF_REQUIRE(await([&] { return who.user.ended; }));
  CAF_CHECK_EQUAL(who.user.received, "bye");
  // More than the window and what the edge keeps, so that a part is still here when the end comes.
  std::string much(2'000'000, 'x');
  who.send(much);
  who.channel->finish();
  auto& stream = *agent.streams.front();
  CAF_REQUIRE(await([&] { return stream.received.size() >= 256 * 1024; }));
  agent.on_request = {};
  stream.give_back();
  CAF_CHECK(await([&] { return stream.ended || stream.reset_by_peer; }));
  CAF_CHECK_EQUAL(stream.received.size(), much.size());
  CAF_CHECK(!stream.reset_by_peer);
}

CAF_TEST(a reset passes in both directions) {
  auto& agent = tcp_agent(port);
  auto& one = call();
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  one.channel->abort();
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
  auto& other = call();
  CAF_REQUIRE(await([&] { return agent.streams.size() == 2; }));
  agent.streams.back()->reset(errc::local_refused);
  CAF_CHECK(await([&] { return other.user.closed.has_value(); }));
}

CAF_TEST(a visitor who resets is noticed also while nobody takes his bytes) {
  auto& agent = tcp_agent(port);
  agent.on_request = [](stub_stream& stream) { stream.hold_back(); };
  auto& who = call();
  who.send(std::string(8'000'000, 'x'));
  CAF_REQUIRE(await([&] {
    return agent.streams.size() == 1 && agent.streams.front()->received.size() >= 256 * 1024;
  }));
  who.channel->abort();
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
}

CAF_TEST(who takes nothing for long is reset and so is his stream) {
  config.limits.stalled_timeout = milliseconds{200};
  start();
  auto& agent = tcp_agent(port);
  agent.on_request = [](stub_stream& stream) {
    if (stream.received.empty())
      stream.send(std::string(24'000'000, 'x'));
  };
  auto& who = call();
  who.channel->pause_reading();
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
  // The lane knows nothing of it any more.
  agent.drop_connection();
  CAF_CHECK(await([&] { return deciders->lanes_of(agent.welcome->session) == 0; }));
}

CAF_TEST(a visitor waits for his agent with what he said and with his end) {
  auto& agent = tcp_agent(port);
  auto session = agent.welcome->session;
  agent.drop_connection();
  CAF_REQUIRE(await([&] { return deciders->lanes_of(session) == 0; }));
  auto& who = call();
  who.send("early");
  who.channel->finish();
  stub_agent again{loop, node->tls_address(), trust, "good", session};
  CAF_REQUIRE(await([&] { return again.streams.size() == 1; }));
  CAF_CHECK(await(
    [&] { return again.streams.front()->received == "early" && again.streams.front()->ended; }));
}

CAF_TEST(a visitor does not wait for ever) {
  config.limits.away_patience = milliseconds{50};
  start();
  auto& agent = tcp_agent(port);
  agent.drop_connection();
  CAF_REQUIRE(await([&] { return deciders->lanes_of(agent.welcome->session) == 0; }));
  auto& who = call();
  CAF_CHECK(await([&] { return who.is_gone(); }));
}

CAF_TEST(a port that is closed takes nobody any more) {
  tcp_agent(port);
  node->close_port(port);
  CAF_CHECK(await([&] {
    try {
      connect_to(loop, {"127.0.0.1", port});
      return false;
    } catch (const boost::system::system_error&) {
      return true;
    }
  }));
}

CAF_TEST(a port that somebody else has is not given out) {
  auto taken = net::listener::open(loop, {"127.0.0.1", 0});
  std::promise<bool> opened;
  node->open_port((*taken)->where().port,
                  [&](result<done> outcome) { opened.set_value(outcome.has_value()); });
  CAF_CHECK(!opened.get_future().get());
}

CAF_TEST(a TLS tunnel is passed through untouched) {
  auto& agent = agent_for("bank", {.kind = endpoint_kind::tls});
  auto theirs = make_certificate("bank.test");
  ca_file their_ca{theirs};
  visitor who{loop, node->tls_address(), *net::make_client_context({.ca_file = their_ca.path()}),
              "bank.test"};
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  // The service behind the agent: TLS of its own over the bytes of the stream.
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
  who.send("through the tunnel");
  CAF_CHECK(await([&] { return heard == "through the tunnel"; }));
}

CAF_TEST(a name without a certificate gets an alert and what is no TLS an end) {
  certificates.has_any = false;
  visitor who{loop, node->tls_address(), trust, "edge.test"};
  CAF_CHECK(await([&] { return who.user.closed.has_value(); }));
  visitor other{loop, node->tls_address()};
  other.send(get);
  CAF_CHECK(await([&] { return other.is_gone(); }));
}

CAF_TEST_FIXTURE_SCOPE_END()

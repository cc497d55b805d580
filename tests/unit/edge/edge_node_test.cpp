// An edge with real sockets, an agent and visitors in one process.
#define CAF_SUITE edge_node

#include "tests/unit/edge/stub_agent.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

struct visitor {
  visitor(net::event_loop& loop, const net::address& where)
    : channel{std::make_unique<net::channel>(loop, connect_to(loop, where))} {
    channel->start(user);
  }
  void send(std::string_view bytes) { channel->write(as_bytes(bytes)); }
  bool got(std::string_view text) const { return user.received.find(text) != std::string::npos; }

  recording_user user;
  std::unique_ptr<net::channel> channel;
};

struct fixture {
  fixture() { start(1); }
  ~fixture() {
    agents.clear();
    node->stop();
  }

  void start(unsigned loops) {
    edge::edge_config config;
    config.http = config.tls = {"127.0.0.1", 0};
    config.loops = loops;
    config.limits.drain_time = milliseconds{0};
    config.limits.away_patience = milliseconds{2'000};
    if (node)
      node->stop();
    node = std::make_unique<edge::edge_node>(config, certificates);
    deciders = std::make_unique<easy_decisions>(*node);
    CAF_REQUIRE(node->start(*deciders));
  }

  stub_agent& agent_for(const std::string& name, endpoint_kind kind = endpoint_kind::http,
                        std::uint16_t port = 0) {
    agents.push_back(std::make_unique<stub_agent>(loop, node->tls_address(), ca.path()));
    auto& agent = *agents.back();
    CAF_REQUIRE(await([&] { return agent.welcome.has_value(); }));
    agent.bind({.kind = kind, .name = name, .port = port});
    CAF_REQUIRE(await([&] { return !agent.bound.empty(); }));
    CAF_REQUIRE(!agent.bound.front().error);
    return agent;
  }

  /// Answers every complete request with `answer`.
  static void answer_with(stub_agent& agent, std::string answer) {
    agent.on_request = [answer = std::move(answer)](stub_stream& stream) {
      if (!std::exchange(stream.ended, false))
        return;
      stream.send(answer);
      stream.finish();
    };
  }

  bool await(const std::function<bool()>& condition) { return run_until(loop, condition); }

  net::event_loop loop;
  net::certificate_pem certificate = make_certificate("edge.test");
  ca_file ca{certificate};
  one_certificate certificates{certificate};
  std::unique_ptr<edge::edge_node> node;
  std::unique_ptr<easy_decisions> deciders;
  std::vector<std::unique_ptr<stub_agent>> agents;
};

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

} // namespace

CAF_TEST_FIXTURE_SCOPE(edge_node_tests, fixture)

CAF_TEST(a request goes down the lane and its answer comes back) {
  auto& agent = agent_for("shop");
  answer_with(agent, hello);
  visitor who{loop, node->http_address()};
  who.send("GET /a?b HTTP/1.1\r\nHost: SHOP.test:8080\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
  CAF_CHECK(await([&] { return who.got("\r\n\r\nhello"); }));
  CAF_REQUIRE_EQUAL(agent.streams.size(), 1u);
  const auto& seen = agent.streams.front()->received;
  CAF_CHECK(seen.starts_with("GET /a?b HTTP/1.1\r\n"));
  CAF_CHECK(seen.find("X-Forwarded-For: 127.0.0.1\r\n") != std::string::npos);
  CAF_CHECK(seen.find("6.6.6.6") == std::string::npos);
  CAF_CHECK_EQUAL(agent.streams.front()->opened.visitor_address, "127.0.0.1");
}

CAF_TEST(a connection serves one request after the other also when they came at once) {
  auto& agent = agent_for("shop");
  answer_with(agent, hello);
  visitor who{loop, node->http_address()};
  std::string request = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";
  who.send(request + request + request);
  CAF_CHECK(await([&] {
    auto first = who.user.received.find("hello");
    auto second = who.user.received.find("hello", first + 1);
    return second != std::string::npos
           && who.user.received.find("hello", second + 1) != std::string::npos;
  }));
  CAF_CHECK_EQUAL(agent.streams.size(), 3u);
  CAF_CHECK(!who.user.ended);
}

CAF_TEST(an unknown host is answered with its code) {
  visitor who{loop, node->http_address()};
  who.send("GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n");
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.user.received.starts_with("HTTP/1.1 404 "));
  CAF_CHECK(who.got("SM-1004"));
}

CAF_TEST(a request that two parties could read differently is refused) {
  visitor who{loop, node->http_address()};
  who.send("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.user.received.starts_with("HTTP/1.1 400 "));
}

CAF_TEST(a large upload and a large answer pass whole) {
  auto& agent = agent_for("shop");
  std::string body(3 * 1024 * 1024, 'x');
  answer_with(agent, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size())
                       + "\r\n\r\n" + body);
  visitor who{loop, node->http_address()};
  who.send("PUT /up HTTP/1.1\r\nHost: shop.test\r\nContent-Length: " + std::to_string(body.size())
           + "\r\n\r\n" + body);
  CAF_CHECK(await([&] { return who.user.received.size() >= body.size(); }));
  CAF_CHECK(agent.streams.front()->received.ends_with(body));
  CAF_CHECK(who.user.received.ends_with(body));
}

CAF_TEST(a chunked body passes as it came and its end is seen) {
  auto& agent = agent_for("shop");
  std::string chunks = "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n";
  answer_with(agent, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
  visitor who{loop, node->http_address()};
  who.send("POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
  CAF_CHECK(await([&] { return who.user.received.ends_with(chunks); }));
  CAF_CHECK(agent.streams.front()->received.ends_with(chunks));
  auto captures = deciders->captures();
  CAF_REQUIRE_EQUAL(captures.size(), 1u);
  CAF_CHECK_EQUAL(captures.front()->request.body, "hello");
  CAF_CHECK_EQUAL(captures.front()->response.body, "hello");
  CAF_CHECK_EQUAL(captures.front()->status, 200);
}

CAF_TEST(an upgraded connection carries bytes both ways) {
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) {
    if (stream.received.ends_with("\r\n\r\n"))
      stream.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
    else if (stream.received.ends_with("ping"))
      stream.send("pong");
  };
  visitor who{loop, node->http_address()};
  who.send("GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
  CAF_CHECK(await([&] { return who.got("101 Switching"); }));
  who.send("ping");
  CAF_CHECK(await([&] { return who.user.received.ends_with("pong"); }));
}

CAF_TEST(a visitor who leaves takes his stream along) {
  auto& agent = agent_for("shop");
  visitor who{loop, node->http_address()};
  who.send("GET /slow HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  who.channel->close();
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
}

CAF_TEST(what the agent reports as refused becomes a page) {
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) {
    if (std::exchange(stream.ended, false))
      stream.reset(errc::local_refused);
  };
  visitor who{loop, node->http_address()};
  who.send("GET / HTTP/1.1\r\nHost: shop.test\r\nAccept: application/json\r\n\r\n");
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.user.received.starts_with("HTTP/1.1 502 "));
  CAF_CHECK(who.got("\"SM-1006\""));
}

CAF_TEST(a request waits for an agent that comes back) {
  auto& agent = agent_for("shop");
  agent.drop_connection();
  CAF_REQUIRE(
    await([&] { return agent.closed || deciders->lanes_of(agent.welcome->session) == 0; }));
  visitor who{loop, node->http_address()};
  who.send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  auto& again = agent_for("shop");
  answer_with(again, hello);
  CAF_CHECK(await([&] { return who.got("hello"); }));
}

CAF_TEST(a request does not wait forever) {
  deciders->promise("shop.test", session_id{77});
  visitor who{loop, node->http_address()};
  who.send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.got("SM-1005"));
}

CAF_TEST(a wrong key is told and not let in) {
  stub_agent agent{loop, node->tls_address(), ca.path(), "bad"};
  CAF_CHECK(await([&] { return agent.goaway && agent.closed; }));
  CAF_CHECK_EQUAL(agent.goaway->code, errc::key_invalid);
  CAF_CHECK(!agent.welcome);
}

CAF_TEST(a raw visitor keeps half of his connection) {
  auto free_port = [&] { return connected_sockets(loop).first.local_endpoint(); };
  boost::asio::generic::stream_protocol::endpoint any = free_port();
  std::uint16_t port = 0;
  std::memcpy(&port, reinterpret_cast<const char*>(any.data()) + 2, 2);
  port = static_cast<std::uint16_t>((port >> 8) | (port << 8));
  auto& agent = agent_for("", endpoint_kind::tcp, port);
  agent.on_request = [](stub_stream& stream) {
    if (!std::exchange(stream.ended, false))
      return;
    stream.send("answer to " + stream.received);
    stream.finish();
  };
  visitor who{loop, {"127.0.0.1", port}};
  who.send("question");
  who.channel->finish();
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK_EQUAL(who.user.received, "answer to question");
}

CAF_TEST(one visitor who stops reading stops nobody else) {
  auto& agent = agent_for("shop");
  std::string large(24 * 1024 * 1024, 'x');
  agent.on_request = [&](stub_stream& stream) {
    if (!std::exchange(stream.ended, false))
      return;
    auto is_large = stream.received.starts_with("GET /large");
    stream.send(is_large ? "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size())
                             + "\r\n\r\n" + large
                         : hello);
    stream.finish();
  };
  visitor stalled{loop, node->http_address()};
  stalled.channel->pause_reading();
  stalled.send("GET /large HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  for (int i = 0; i < 20; ++i) {
    visitor other{loop, node->http_address()};
    other.send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    CAF_REQUIRE(await([&] { return other.got("hello"); }));
  }
  stalled.channel->resume_reading();
  CAF_CHECK(await([&] { return stalled.user.received.size() > large.size(); }));
}

CAF_TEST(visitors find their agent on whichever loop it lives) {
  start(3);
  for (const auto* name : {"a", "b", "c", "d"})
    answer_with(agent_for(name),
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::string{name});
  visitor who{loop, node->http_address()};
  std::string expected;
  for (int round = 0; round < 3; ++round)
    for (const auto* name : {"a", "b", "c", "d"}) {
      who.send("GET / HTTP/1.1\r\nHost: " + std::string{name} + ".test\r\n\r\n");
      expected += name;
      CAF_REQUIRE(await([&] {
        std::string got;
        for (std::size_t at = 0; (at = who.user.received.find("\r\n\r\n", at)) != std::string::npos;
             at += 4)
          got += who.user.received.substr(at + 4, 1);
        return got == expected;
      }));
    }
}

CAF_TEST(a captured request is sent again by its own route) {
  auto& agent = agent_for("shop");
  answer_with(agent, hello);
  visitor who{loop, node->http_address()};
  who.send("POST /pay HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\n\r\nabc");
  CAF_REQUIRE(await([&] { return deciders->captures().size() == 1; }));
  auto original = deciders->captures().front();
  std::mutex mutex;
  std::shared_ptr<const capture> answer;
  node->replay(*deciders->find("shop.test"), *original, [&](auto outcome) {
    std::lock_guard guard{mutex};
    CAF_CHECK(outcome.has_value());
    if (outcome)
      answer = *outcome;
  });
  CAF_CHECK(await([&] {
    std::lock_guard guard{mutex};
    return answer != nullptr;
  }));
  CAF_CHECK_EQUAL(answer->response.body, "hello");
  CAF_CHECK_EQUAL(answer->request.body, "abc");
  CAF_CHECK(agent.streams.back()->received.ends_with("\r\n\r\nabc"));
}

CAF_TEST_FIXTURE_SCOPE_END()

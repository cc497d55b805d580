// An edge with real sockets, its agents and its visitors, on loopback and in one process.
#pragma once

#include "net/listener.hpp"
#include "tests/unit/edge/stub_agent.hpp"
#include "tests/unit/test.hpp"

#include <future>

namespace serverme::tests {

struct visitor {
  visitor(net::event_loop& loop, const net::address& where)
    : channel{std::make_unique<net::channel>(loop, connect_to(loop, where))} {
    channel->start(user);
  }
  /// Under TLS, once the handshake is done.
  visitor(net::event_loop& loop, const net::address& where, const net::ssl_context& trust,
          const std::string& name)
    : channel{std::make_unique<net::channel>(loop, connect_to(loop, where))} {
    channel->secure(net::tls_session::connect(trust, name));
    channel->start(user);
  }
  void send(std::string_view bytes) { channel->write(as_bytes(bytes)); }
  bool got(std::string_view text) const { return user.received.find(text) != std::string::npos; }
  /// How often `text` came.
  std::size_t count(std::string_view text) const {
    std::size_t times = 0;
    for (std::size_t at = 0; (at = user.received.find(text, at)) != std::string::npos; ++at)
      ++times;
    return times;
  }
  bool is_gone() const { return user.ended || user.closed; }

  recording_user user;
  std::unique_ptr<net::channel> channel;
};

struct edge_fixture {
  edge_fixture() {
    config.http = config.tls = {"127.0.0.1", 0};
    config.loops = 1;
    config.limits.drain_time = milliseconds{0};
    config.limits.tick = milliseconds{10};
    start();
  }
  ~edge_fixture() {
    agents.clear();
    if (node)
      node->stop();
  }

  /// Again, when `config` was changed.
  void start() {
    agents.clear();
    if (node)
      node->stop();
    node = std::make_unique<edge::edge_node>(config, certificates);
    deciders = std::make_unique<easy_decisions>(*node);
    CAF_REQUIRE(node->start(*deciders));
  }

  stub_agent& agent_for(const std::string& name, endpoint_request wanted = {}) {
    agents.push_back(std::make_unique<stub_agent>(loop, node->tls_address(), trust));
    auto& agent = *agents.back();
    CAF_REQUIRE(await([&] { return agent.welcome.has_value(); }));
    wanted.name = name;
    agent.bind(wanted);
    CAF_REQUIRE(await([&] { return !agent.bound.empty(); }));
    CAF_REQUIRE(!agent.bound.front().error);
    return agent;
  }

  /// A TCP tunnel on a free port.
  stub_agent& tcp_agent(std::uint16_t& port) {
    port = free_port(loop);
    return agent_for("", {.kind = endpoint_kind::tcp, .port = port});
  }

  /// Answers every stream that its visitor has ended with `answer`.
  static void answer_with(stub_agent& agent, std::string answer) {
    agent.on_request = [answer = std::move(answer)](stub_stream& stream) {
      if (!std::exchange(stream.ended, false))
        return;
      stream.send(answer);
      stream.finish();
    };
  }

  visitor& visit() { return *visitors.emplace_back(new visitor{loop, node->http_address()}); }
  visitor& visit(const std::string& request) {
    auto& who = visit();
    who.send(request);
    return who;
  }

  bool await(const std::function<bool()>& condition) { return run_until(loop, condition); }

  net::event_loop loop;
  edge::edge_config config;
  net::certificate_pem certificate = make_certificate("edge.test");
  ca_file ca{certificate};
  net::ssl_context trust
    = *net::make_client_context({.ca_file = ca.path(), .alpn = {edge::alpn_lane}});
  one_certificate certificates{certificate};
  std::unique_ptr<edge::edge_node> node;
  std::unique_ptr<easy_decisions> deciders;
  std::vector<std::unique_ptr<stub_agent>> agents;
  std::vector<std::unique_ptr<visitor>> visitors;
};

inline const std::string get = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";
inline const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

} // namespace serverme::tests

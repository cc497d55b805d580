// Some edges of one cluster on loopback: agents at one, visitors at another, and lanes between
// them.
#pragma once

#include "nodes/edge/peers/peer_credentials.hpp"
#include "tests/unit/edge/edge_fixture.hpp"
#include "tests/unit/support/test_cluster.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace serverme::tests {

/// Every answer, with its length.
inline std::string answer_with_body(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct test_edge {
  test_edge(const edge::edge_config& config, edge::certificate_source& certificates, node_id own)
    : id{own}, node{std::make_unique<edge::edge_node>(config, certificates)}, deciders{*node} {
    CAF_REQUIRE(node->start(deciders));
  }
  ~test_edge() { node->stop(); }

  const edge::peer_counters& counts() const { return node->counters().peers; }
  actors::neighbour_edge as_neighbour() const { return {id, net::to_string(node->tls_address())}; }

  node_id id;
  std::unique_ptr<edge::edge_node> node;
  easy_decisions deciders;
};

/// `here` is where visitors come, `there` where agents are.
struct peer_fixture {
  peer_fixture() {
    config.http = config.tls = {"127.0.0.1", 0};
    config.loops = 1;
    config.limits.drain_time = milliseconds{0};
    config.limits.tick = milliseconds{10};
  }
  ~peer_fixture() {
    agents.clear();
    visitors.clear();
  }

  std::unique_ptr<test_edge> make_edge(std::uint64_t number) {
    auto own = config;
    own.peers = edge::peer_credentials::make(cluster.join(number), [this](const auto&) {
                  return is_allowed.load();
                }).value();
    return std::make_unique<test_edge>(own, certificates, cluster.identity(number).node);
  }

  /// Both, and lanes between them.
  void start() {
    there = make_edge(2);
    here = make_edge(1);
    introduce();
  }
  void introduce() {
    here->node->set_neighbours({there->as_neighbour()});
    there->node->set_neighbours({here->as_neighbour()});
    CAF_REQUIRE(await([&] { return has_lanes(*here) && has_lanes(*there); }));
  }
  static bool has_lanes(const test_edge& edge) { return edge.counts().lanes_out > 0; }

  /// At `edge`; with a session, one more lane of it.
  stub_agent& connect(const test_edge& edge, std::optional<session_id> session = {}) {
    agents.push_back(
      std::make_unique<stub_agent>(loop, edge.node->tls_address(), trust, "good", session));
    auto& agent = *agents.back();
    CAF_REQUIRE(await([&] { return agent.welcome.has_value(); }));
    return agent;
  }
  void bind(stub_agent& agent, endpoint_request wanted) {
    auto before = agent.bound.size();
    agent.bind(wanted);
    CAF_REQUIRE(await([&] { return agent.bound.size() > before; }));
    CAF_REQUIRE(!agent.bound.back().error);
  }
  /// At `there`, and `here` knows of it.
  stub_agent& agent_for(const std::string& name, endpoint_request wanted = {}) {
    auto& agent = connect(*there);
    wanted.name = name;
    bind(agent, wanted);
    tell_of(name + ".test");
    return agent;
  }
  /// Where its lanes are, beside its home, which is `there`.
  void tell_of(const std::string& host, std::vector<node_id> others = {}) {
    auto entry = *there->deciders.find(host);
    entry.places = std::make_shared<session_places>(session_places{there->id, std::move(others)});
    here->deciders.put(std::move(entry));
  }
  /// A TCP tunnel of an agent at `there`, and the port for it at `here`.
  stub_agent& tcp_agent(std::uint16_t& port_here) {
    auto port = free_port(loop);
    auto& agent = connect(*there);
    bind(agent, {.kind = endpoint_kind::tcp, .port = port});
    port_here = free_port(loop);
    std::promise<bool> opened;
    here->node->open_port(port_here, [&](const auto& outcome) { opened.set_value(!!outcome); });
    CAF_REQUIRE(opened.get_future().get());
    route entry{.endpoint = agent.bound.front().endpoint,
                .kind = endpoint_kind::tcp,
                .port = port_here,
                .session = agent.welcome->session,
                .owner = account_id{1},
                .generation = generation{1},
                .places = std::make_shared<session_places>(session_places{there->id, {}})};
    here->deciders.put(std::move(entry));
    return agent;
  }

  visitor& visit(const std::string& request) {
    auto& who = *visitors.emplace_back(new visitor{loop, here->node->http_address()});
    who.send(request);
    return who;
  }

  bool await(const std::function<bool()>& condition) { return run_until(loop, condition); }

  net::event_loop loop;
  test_cluster cluster;
  std::atomic<bool> is_allowed{true};
  edge::edge_config config;
  net::certificate_pem certificate = make_certificate("edge.test");
  ca_file ca{certificate};
  net::ssl_context trust
    = *net::make_client_context({.ca_file = ca.path(), .alpn = {edge::alpn_lane}});
  one_certificate certificates{certificate};
  std::unique_ptr<test_edge> there, here;
  std::vector<std::unique_ptr<stub_agent>> agents;
  std::vector<std::unique_ptr<visitor>> visitors;
};

} // namespace serverme::tests

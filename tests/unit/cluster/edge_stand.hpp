// A whole edge of a cluster: its tree of actors, its own store, and its desk offered to others.
#pragma once

#include "actors/cluster/remote_desk.hpp"
#include "actors/control_actors.hpp"
#include "actors/edge_actors.hpp"
#include "tests/unit/actors/stand_ins.hpp"
#include "tests/unit/cluster/cluster_fixture.hpp"

#include <memory>
#include <string>

namespace serverme::tests {

/// Does what it is asked at once, on any thread: a replay is answered with status 299.
class obliging_edge final : public actors::edge_doors {
public:
  void publish_routes(std::shared_ptr<const route_map>) override {}
  void open_port(std::uint16_t, std::function<void(result<done>)> reply) override { reply(done{}); }
  void close_port(std::uint16_t) override {}
  void close_session(session_id, const lane::goaway&) override {}
  void drop_endpoint(session_id, const lane::unbind&) override {}
  void replay(const route&, const capture& original,
              std::function<void(result<actors::shared_capture>)> reply) override;
};

/// Alice has account 1, bob 2. Ids of endpoints, and when tunnels began, differ from edge to edge.
class edge_stand {
public:
  edge_stand(const test_cluster& cluster, std::uint64_t number);
  ~edge_stand();

  /// Of alice, by an agent of its own.
  endpoint_id open_tunnel(const std::string& name);
  void record(endpoint_id endpoint, const std::string& target);
  node_id id() { return *actors::node_of(node.system.node()); }
  /// How many actors.
  std::size_t running() { return node.system.registry().running(); }

  test_node node;
  std::shared_ptr<store_facts> facts = std::make_shared<store_facts>();
  actors::world outside;
  actors::control_doors doors{{node.system, "the store"}, {node.system, "the name registry"}};
  actors::edge_actors tree;
  actors::control_actors control;
};

} // namespace serverme::tests

// What people and programs ask a node: the API on control nodes, and on every node how it is.
#pragma once

#include "nodes/control/api/api_server.hpp"
#include "nodes/servermed/cluster/cluster_office.hpp"
#include "nodes/servermed/cluster/node_links.hpp"
#include "nodes/servermed/cluster/watch_post.hpp"
#include "nodes/servermed/parts/control_part.hpp"
#include "nodes/servermed/parts/edge_part.hpp"

#include <memory>
#include <optional>

namespace serverme::servermed {

/// Everything that may be asked; all of it outlives stop(). nullptr: the node has no such part.
struct api_sources {
  caf::actor_system& system;
  const node_config& config;
  node_roles roles;
  /// None: the node stands alone.
  std::optional<node_id> node;
  wall_time started{};
  /// Whoever decides: this node or another.
  actors::control_doors deciding;
  const edge_part* edge = nullptr;
  const control_part* control = nullptr;
  const node_links* links = nullptr;
  const cluster_office* office = nullptr;
  const watch_post* watch = nullptr;
};

class api_part {
public:
  /// @errors listen_failed
  static result<std::unique_ptr<api_part>> start(api_sources sources);
  /// Calls stop().
  ~api_part();
  api_part(const api_part&) = delete;
  api_part& operator=(const api_part&) = delete;

  void tell(ready_addresses& where) const;
  /// No more calls; how the node is, it still says. Idempotent.
  void stop_calls();
  /// Idempotent.
  void stop();

private:
  explicit api_part(api_sources sources) : sources_{std::move(sources)} {}
  result<done> start_calls();
  result<done> start_health();
  control::api_actors asked() const;
  std::vector<control::part_health> parts() const;
  counter_list counters() const;
  std::string metrics(const control::node_health& health) const;

  const api_sources sources_;
  std::optional<control::api_server> calls_, health_;
};

} // namespace serverme::servermed

// What a node says of itself to whoever shows the whole cluster.
#pragma once

#include "protocol/node.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace serverme {

/// Answered by node_report.
struct describe_node {
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, describe_node&) {
    return f();
  }
};

struct node_report {
  /// None: the server stands alone.
  node_id node;
  std::string name;
  node_roles roles;
  std::string version;
  /// When the process began, by the node's own clock.
  wall_time started{};
  /// Since then.
  milliseconds uptime{0};
  /// Agents that have a session here.
  std::uint64_t sessions = 0;
  /// Of the lead that this control node has; 0: it does not lead.
  std::uint64_t term = 0;
  /// Of the machine over the last minute: thousandths of one task for each of its processors.
  std::uint32_t load = 0;
  /// Of the process, resident.
  std::uint64_t memory_bytes = 0;
  std::uint64_t actors = 0;
  /// Supervised actors that do not run now.
  std::vector<std::string> ailing;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, node_report& x) {
    return f(x.node, x.name, x.roles, x.version, x.started, x.uptime, x.sessions, x.term, x.load,
             x.memory_bytes, x.actors, x.ailing);
  }
};

} // namespace serverme

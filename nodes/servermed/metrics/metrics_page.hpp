// The page that Prometheus reads: docs/metrics.md lists what is on it.
#pragma once

#include "nodes/servermed/metrics/counter_list.hpp"
#include "protocol/node.hpp"
#include "protocol/time.hpp"

#include <optional>
#include <string>

namespace serverme::servermed {

/// A value that goes up and down.
struct named_level {
  std::string name;
  std::uint64_t value = 0;
  /// For people, one line.
  std::string_view help;
};

/// Everything that is known of a node at one moment.
struct node_figures {
  node_roles roles;
  /// Of the certificate; none: the node stands alone.
  std::optional<node_id> node;
  wall_time started{};
  control::node_health health;
  counter_list counters;
  std::vector<named_level> levels;
  /// To other nodes, by reason.
  std::optional<net::peer_counts> links;
};

/// Text exposition format 0.0.4. Every name begins with serverme_, apart from those that every
/// process has.
std::string write_metrics(const node_figures& what);

} // namespace serverme::servermed

// Bounds of lanes between edges, where they are not those of agents' lanes.
#pragma once

#include "nodes/edge/edge_config.hpp"
#include "protocol/heartbeat.hpp"
#include "protocol/lane/core.hpp"

namespace serverme::edge {

/// One lane carries the streams of all sessions of a loop. What they may hold is bounded by their
/// accounts, which each stream is charged to.
inline lane::core_limits core_limits_between_edges(const edge_limits& limits) {
  lane::core_limits out;
  out.streams_max = limits.streams_between_edges;
  return out;
}

/// There are few of these lanes, and many visitors wait behind one that is dead: silence is noticed
/// sooner than an agent's. Who dialed asks; the other side asks only when that fails to come.
inline constexpr heartbeat_limits liveness_of_dialer{.ping_after = milliseconds{2'000},
                                                     .dead_after = milliseconds{5'000}};
inline constexpr heartbeat_limits liveness_of_dialed{.ping_after = milliseconds{3'000},
                                                     .dead_after = milliseconds{5'000}};

} // namespace serverme::edge

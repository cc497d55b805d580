// What an edge refused or gave up, because a bound was reached, and how full it is.
#pragma once

#include "nodes/edge/peers/peer_counters.hpp"

#include <atomic>
#include <cstdint>

namespace serverme::edge {

/// Counted on every loop, read from anywhere. Nothing here is touched for a visitor while all goes
/// well.
struct edge_counters {
  using count = std::atomic<std::uint64_t>;
  /// limits.visitors_max: hung up on.
  count connections_refused{0};
  /// limits.strangers_max: the oldest were closed for newer ones.
  count strangers_dropped{0};
  /// limits.waiting_max: answered with too_busy.
  count waits_refused{0};
  /// limits.streams_per_lane: answered with too_busy.
  count streams_refused{0};
  /// limits.lanes_per_session: the lane heard from least was closed for a new one.
  count lanes_replaced{0};
  /// In a cluster.
  peer_counters peers;

  // How full it is: these go up and down.

  /// Sessions with a lane here.
  count sessions_here{0};
  /// What visitors may come for.
  count routes_known{0};
};

} // namespace serverme::edge

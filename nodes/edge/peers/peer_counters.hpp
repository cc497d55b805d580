// What happens between this edge and the others of its cluster.
#pragma once

#include <atomic>
#include <cstdint>

namespace serverme::edge {

/// Counted on every loop, read from anywhere.
struct peer_counters {
  using count = std::atomic<std::uint64_t>;
  /// Now: dialed by this edge, and by others.
  count lanes_out{0};
  count lanes_in{0};
  count dials{0};
  count dials_failed{0};
  /// Whoever offered our ALPN and is no edge of this cluster, or greeted wrongly.
  count strangers_refused{0};
  /// Streams of visitors here whose agents have lanes elsewhere; of visitors elsewhere with agents
  /// here; and those of the latter that found no lane, or no room.
  count streams_out{0};
  count streams_in{0};
  count streams_in_refused{0};
};

} // namespace serverme::edge

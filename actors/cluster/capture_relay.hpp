// CAPTURE RELAY: sends the captures of one tunnel to a watcher on another node.
//
// Owned by  the remote desk that spawned it.
// Owns      a feed of the tunnel's inspector. What the other node has not taken is bounded: then
//           captures stay in the feed, which drops the oldest and counts them.
// Fails     ends when the tunnel, the sink, its node or the owner is gone, or the sink is silent.
#pragma once

#include "actors/cluster/capture_sink.hpp"
#include "actors/tunnel_desk.hpp"

namespace serverme::actors {

/// Its own: there is something in the feed.
struct send_captures {};

using capture_relay_actor = caf::typed_actor<
  // Once, as its first message. Errors: those of watch_captures.
  answers<relay_captures, relaying>,
  // Its own.
  takes<send_captures>>;

struct relay_limits {
  /// Captures that wait in the feed.
  std::size_t waiting_max = 100;
  /// Of one message: a capture more than that is sent alone.
  std::size_t batch_bytes_max = 256UL * 1024;
  /// Messages that the sink has not taken yet.
  std::size_t untaken_max = 4;
  /// Longer than the silence after which a node is gone.
  milliseconds taken_within{15'000};
};

/// `desk` checks whose tunnel it is.
capture_relay_actor spawn_capture_relay(caf::actor_system& system, const caf::actor_addr& owner,
                                        desk_actor desk, const relay_limits& limits);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::send_captures)

// REMOTE DESK: an edge's tunnel desk as other nodes see it.
//
// Owned by  the edge's main, which offers it to other nodes as remote_desk_service.
// Owns      the relays of who watches from another node.
// Checks    nothing but sizes: whose a tunnel is, the tunnel desk knows. What does not fit into a
//           message between nodes is left out, and the answer says so.
// Fails     ends its relays; who watches is told.
#pragma once

#include "actors/cluster/capture_relay.hpp"

namespace serverme::actors {

inline constexpr auto remote_desk_service = "tunnel_desk";

/// The questions of desk_actor, but for watch_captures: a feed does not travel.
using remote_desk_actor
  = caf::typed_actor<answers<list_tunnels, tunnel_list>, answers<get_tunnel, tunnel_view>,
                     answers<close_tunnel, tunnel_closed>, answers<list_captures, capture_page>,
                     answers<get_capture, capture_found>, answers<clear_captures, captures_cleared>,
                     answers<replay_capture, capture_found>,
                     // Errors: api_not_found, too_busy.
                     answers<relay_captures, relaying>>;

struct remote_desk_settings {
  /// Of one answer; well below what a wire takes for a message (protocol/cluster/basp_gate.hpp).
  std::size_t answer_bytes_max = 8UL * 1024 * 1024;
  std::size_t relays_max = 256;
  milliseconds desk_within{1'800};
  relay_limits relay;
};

/// `desk`: this node's, behind a door that stays good.
remote_desk_actor spawn_remote_desk(caf::actor_system& system, desk_actor desk,
                                    remote_desk_settings settings = {});

} // namespace serverme::actors

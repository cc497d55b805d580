// CLUSTER DESK: the tunnel desks of all edges as one; what the API of a control node asks.
//
// Owned by  the node's main.
// Owns      nothing but hints where endpoints are, and the sinks of who watches a tunnel elsewhere.
//           Whose a tunnel is, the edge's own desk checks: the asker travels with the question.
// Fails     not on an edge that is gone: its tunnels are missing, and the answer says so. A restart
//           finds the edges again; live views end.
#pragma once

#include "actors/cluster/remote_desk.hpp"
#include "actors/transport/peer_services.hpp"

#include <string>

namespace serverme::actors {

using cluster_desk_actor = desk_actor::extend<
  // From the gateway.
  takes<peer_up>, takes<peer_down>,
  // Its own timer.
  takes<look_for_services>>;

struct cluster_desk_options {
  /// Of this node, when it is an edge as well.
  desk_actor own;
  std::string service = remote_desk_service;
  /// Which nodes have one.
  node_role role = node_role::edge;
  /// For desks that are not there yet, or no more.
  milliseconds look_every{500};
  /// Of one edge. A question about one endpoint may need two in a row, and the API has 5 s.
  milliseconds answer_within{2'000};
  /// A replay waits for the local service: longer than the edge does, shorter than the API.
  milliseconds replay_within{65'000};
  /// How long an edge that is gone is missed: it may have tunnels, and come back. After that its
  /// agents are on another one.
  milliseconds lost_for{60'000};
  /// At the same time; one more is too_busy.
  std::size_t questions_max = 1'000;
  std::size_t views_max = 256;
  std::size_t places_max = 10'000;
};

/// `gateway`: of this node. Ends when it is told to exit.
/// Errors beside those of the edges' desks: control_unavailable (an edge that may have the tunnel
/// does not answer), too_busy.
cluster_desk_actor spawn_cluster_desk(caf::actor_system& system, const gateway_actor& gateway,
                                      cluster_desk_options options);

} // namespace serverme::actors

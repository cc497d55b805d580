// CLUSTER OVERVIEW: all nodes, their actors and what happened to them, as one; what the API asks.
//
// Owned by  the node's watch post, on every node that has an API.
// Owns      the feeds of who looks on, weakly. While somebody does it asks all nodes once a second;
//           else it asks nobody.
// Fails     not on a node that is gone or silent: it answers with what it has within a fixed time
//           and says who did not. A restart ends the feeds.
#pragma once

#include "actors/cluster/cluster_member.hpp"
#include "actors/cluster/node_desk.hpp"
#include "actors/cluster/overview_messages.hpp"
#include "actors/transport/peer_services.hpp"

namespace serverme::actors {

/// Its own timer.
struct look_at_cluster {};

using cluster_overview_actor
  = caf::typed_actor<answers<view_cluster, cluster_view>, answers<view_actors, cluster_actors>,
                     answers<view_events, cluster_events>, answers<watch_cluster, watching_cluster>,
                     // From the gateway.
                     takes<peer_up>, takes<peer_down>,
                     // Its own timers.
                     takes<look_for_services>, takes<look_at_cluster>>;

struct cluster_overview_options {
  /// Of this node.
  node_desk_actor own;
  /// None: the server stands alone.
  gateway_actor gateway;
  cluster_member_actor member;
  std::function<wall_time()> wall_clock;
  /// For desks that are not there yet, or no more.
  milliseconds look_for_desks_every{500};
  /// Of each node, all at once.
  milliseconds answer_within{1'500};
  /// While somebody looks on.
  milliseconds look_every{1'000};
  /// At the same time; one more is too_busy.
  std::size_t questions_max = 100;
  std::size_t feeds_max = 64;
};

/// @pre options.own, options.wall_clock; gateway and member, or neither
cluster_overview_actor spawn_cluster_overview(caf::actor_system& system,
                                              cluster_overview_options options);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::look_at_cluster)

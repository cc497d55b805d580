// NODE GATEWAY: the one actor that other nodes can reach without asking; through it they find the
// others.
//
// Owned by  the supervisor of the node's transport.
// Owns      the wires to all peers: their scribes, and whose gateway is behind each.
// Fails     with all its wires, which are connected anew: a peer would go on with a dead handle.
// Who
//           watches is told that all are gone. Started again with the same memory it offers and
//           tells what it did before.
#pragma once

#include "actors/transport/gateway_messages.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace serverme::actors {

using gateway_actor = caf::typed_actor<
  // From other nodes.
  answers<greet_node, node_greeted>, answers<find_service, service_location>,
  // From this node.
  answers<connect_peer, connected_peer>, takes<wire_came>, takes<offer_service>,
  takes<withdraw_service>, takes<watch_peers>, answers<list_peers, peer_list>,
  // Its own.
  takes<dial_ended>, takes<give_up_waiting>>;

/// What outlives a gateway that fails; used by one of them at a time.
struct gateway_memory {
  std::map<std::string, service_location> services;
  std::vector<caf::actor> watchers;
};

/// @pre the system was made with a cluster_config. It must be told to exit, or the system never
/// ends.
gateway_actor spawn_node_gateway(caf::actor_system& system, peer_dialer dial,
                                 std::shared_ptr<gateway_memory> memory
                                 = std::make_shared<gateway_memory>());

} // namespace serverme::actors

// SERVICE DOOR: leads a front door to the actor of some name on a node that offers it; to that of
// another node when the first one stops, hangs or offers it no more.
//
// Owned by  the node's main.
// Owns      nothing: connections are the gateway's. Asks it, and those of all nodes with the role,
//           again and again: a node that was stopped with SIGSTOP loses no connection for seconds.
// Fails     not. While nobody offers it the door leads nowhere, and questions are
//           control_unavailable.
#pragma once

#include "actors/front_door.hpp"
#include "actors/transport/node_gateway.hpp"
#include "protocol/time.hpp"

#include <functional>
#include <set>
#include <string>

namespace serverme::actors {

/// Its own timer.
struct look_for_service {};

using service_door_actor
  = caf::typed_actor<takes<peer_up>, takes<peer_down>, takes<look_for_service>>;

struct service_door_options {
  std::string service;
  /// Which nodes may offer it, beside this one.
  node_role role = node_role::control;
  /// What the actor must understand: system.message_types<T>().
  std::set<std::string> interface;
  front_door door;
  /// Called on one of CAF's threads when the door leads to another actor than before.
  std::function<void()> found = [] {};
  /// A change is noticed within both together.
  milliseconds look_every{400};
  milliseconds answer_within{800};
};

/// Ends when it is told to exit; the door stays, and leads nowhere.
service_door_actor spawn_service_door(caf::actor_system& system, const gateway_actor& gateway,
                                      service_door_options options);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::look_for_service)

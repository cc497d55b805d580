// SUPERVISOR: starts actors, starts them again with back-off when they fail, and says how they are.
//
// Owned by  the node's main, or another supervisor.
// Owns      its children, which it stops newest first when it is told to exit.
// Fails     gives up when a child fails too often in a row: then it stops all the others and quits
//           with an error, so that whoever owns it decides.
#pragma once

#include "actors/messaging.hpp"
#include "protocol/messages/actor_views.hpp"

#include <functional>
#include <string>
#include <vector>

namespace serverme::actors {

using supervisor_actor = caf::typed_actor<
  // How the children are.
  answers<list_actors, actor_list>>;

} // namespace serverme::actors

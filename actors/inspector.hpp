// INSPECTOR: the recorded exchanges of one endpoint, and who watches them live.
//
// Owned by  the endpoint's session; ends with it.
// Owns      a ring of captures, and weak links to live feeds. Asks nobody who may see them: that is
//           the tunnel desk's.
// Fails     a restart forgets the ring; watchers are told that their feed has ended.
#pragma once

#include "actors/capture_intake.hpp"
#include "actors/local_messages.hpp"
#include "actors/messaging.hpp"
#include "protocol/capture.hpp"
#include "protocol/messages/captures.hpp"

#include <memory>

namespace serverme::actors {

/// Its own reminder: there is something in the intake.
struct take_captures {};

using inspector_actor = caf::typed_actor<
  // Newest first, filtered and in pages.
  answers<list_captures, capture_page>,
  // Errors: api_not_found.
  answers<get_capture, capture_found>, answers<clear_captures, captures_cleared>,
  // Errors: too_busy (too many feeds).
  answers<watch_captures, watching>,
  // Its own.
  takes<take_captures>>;

/// To the tunnel desk, from the session that owns it.
struct inspector_opened {
  endpoint_id endpoint;
  inspector_actor inspector;
};

inspector_actor spawn_inspector(caf::actor_system& system, const caf::actor& session,
                                endpoint_id endpoint, std::shared_ptr<capture_intake> intake,
                                capture_limits limits = {});

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::take_captures)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::inspector_opened)

// TUNNEL DESK: what people see of tunnels and do to them; the API's only way in.
//
// Owned by  the edge's supervisor.
// Owns      the read model of all tunnels on this edge, told by their sessions and the loops.
// Fails     never quits on a bad request. A restart empties the model; sessions repeat themselves.
// Checks    the owner of every request in one place. A stranger is told api_not_found, as if there
//           were no such tunnel; admins see all.
#pragma once

#include "actors/inspector.hpp"
#include "actors/local_messages.hpp"
#include "actors/messaging.hpp"
#include "actors/ports/edge_doors.hpp"
#include "actors/route_table.hpp"
#include "protocol/messages/captures.hpp"
#include "protocol/messages/tunnels.hpp"

namespace serverme::actors {

/// Its own: what became of a replay.
struct replay_ended {
  std::uint64_t number = 0;
  result<shared_capture> outcome{fail(errc::replay_failed)};
};

/// As people see it, through the API: this, or a cluster_desk before those of all edges.
using desk_actor = caf::typed_actor<
  // The asker's tunnels; an admin's: all.
  answers<list_tunnels, tunnel_list>,
  // Errors, of all below: api_not_found.
  answers<get_tunnel, tunnel_view>,
  // Ends it: the agent is told and does not come back with it.
  answers<close_tunnel, tunnel_closed>,
  // Recorded exchanges, newest first, filtered and in pages.
  answers<list_captures, capture_page>,
  // One with its heads and bodies.
  answers<get_capture, capture_found>,
  // Forgets them.
  answers<clear_captures, captures_cleared>,
  // Sends one again. Errors: agent_away, replay_failed, capture_incomplete, too_busy.
  answers<replay_capture, capture_found>,
  // From now on every capture is also given to the feed.
  answers<watch_captures, watching>>;

using tunnel_desk_actor = desk_actor::extend<
  // From sessions.
  takes<tunnel_opened>, takes<inspector_opened>, takes<tunnel_ended>, takes<session_presence>,
  // From the loops, about once a second.
  takes<usage_report>,
  // Its own.
  takes<replay_ended>>;

tunnel_desk_actor spawn_tunnel_desk(caf::actor_system& system, route_table_actor routes,
                                    std::shared_ptr<edge_doors> edge);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::replay_ended)

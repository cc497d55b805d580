// RECEPTION: lets agents in, and knows which sessions there are.
//
// Owned by  the edge's supervisor.
// Owns      the sessions: they end with it, and their agents come again with their keys. Asks the
//           store whose keys these are, one question at a time (key_questions.hpp), and never
//           without a time-out.
// Fails     never quits on a bad request. While the store is away: resumed sessions go on, also
//           those that come from another edge of the cluster; new ones are control_unavailable, and
//           nobody loses his session for it.
#pragma once

#include "actors/ports/store.hpp"
#include "actors/tunnel_session.hpp"

namespace serverme::actors {

/// Its own timer.
struct look_around {};

using reception_actor = caf::typed_actor<
  // The resume token first, here and on other edges, then the key. Errors: key_invalid,
  // resume_refused, lane_limit, too_busy, control_unavailable.
  answers<greet_agent, agent_admitted>,
  // Passed on to the session. Errors: resume_refused (no such session), and the session's.
  answers<bind_endpoint, endpoint_bound>,
  // Passed on as well. Lanes of no session are closed.
  takes<lanes_changed>, takes<unbind_endpoint>, takes<agent_left>,
  // From the exchange, for the session. Errors: resume_refused.
  takes<companion_changed>, answers<session_moved, session_let_go>,
  // Ends the key's sessions now instead of within reception_settings::keys_checked_every.
  takes<key_revoked>,
  // To all sessions: one of those they tell things to has forgotten them.
  takes<repeat_tunnels>,
  // Its own timer.
  takes<look_around>>;

struct reception_settings {
  std::size_t sessions_max = 10'000;
  std::size_t sessions_per_account_max = 200;
  milliseconds store_timeout{3'000};
  /// The exchange knows, or asks another edge and gives up after a second.
  milliseconds exchange_timeout{2'000};
  milliseconds keys_checked_every{2'000};
  session_settings session;
};

reception_actor spawn_reception(caf::actor_system& system, store_actor store,
                                session_neighbours others, world outside,
                                reception_settings settings);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::look_around)

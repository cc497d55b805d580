// What the sessions of an edge say to its exchange, and what the exchange tells them of other edges
// (docs/adr/0015). Never leaves the process: other edges say what is in
// protocol/messages/neighbours.hpp.
#pragma once

#include "actors/messaging.hpp"
#include "protocol/messages/neighbours.hpp"

namespace serverme::actors {

// ---- to the exchange

/// From a session's home: as it is now, its companions in `lanes_at` too. Replaces what was told of
/// it; the other edges hear it soon. The asking actor owns it: when that one ends, all of them
/// forget the session.
struct tell_session {
  session_record record;
};

/// It is over, or lives elsewhere now.
struct forget_session {
  session_id session;
};

/// A session whose home is another edge. Answered by remote_session. Errors: resume_refused: no
/// other edge that is known has it, or had it within the time of a lease.
struct find_remote_session {
  session_id session;
};

struct remote_session {
  session_record record;
  node_id home;
  /// Is there a link to its home now?
  bool is_reachable = false;
};

/// This edge has so many lanes of a session as its companion; 0: no more. Sent on to the session's
/// home, and again whenever the link to it comes back, or the home is another one.
struct tell_home {
  companion_lanes news;
};

/// The session's agent has come here, with its token, which has been checked: its former home is
/// told session_moved. Answered by moved_here within a second, whatever becomes of that.
struct move_here {
  session_id session;
  std::string token_hash;
};

struct moved_here {
  session_id session;
  /// The former home has ended it. Otherwise it is told again when it can be reached.
  bool has_ended = false;
};

/// As the reception and the sessions use it. Nobody is behind its door on a node that stands alone,
/// or for a moment: then facts are lost, which are repeated with repeat_tunnels, and questions are
/// control_unavailable.
using session_exchange_actor = caf::typed_actor<takes<tell_session>, takes<forget_session>,
                                                // Errors: resume_refused.
                                                answers<find_remote_session, remote_session>,
                                                takes<tell_home>, answers<move_here, moved_here>>;

// ---- from the exchange

/// Another edge has so many lanes of one of our sessions, as its companion; 0: none any more, or
/// the edge is lost.
struct companion_changed {
  session_id session;
  node_id edge;
  std::uint32_t lanes = 0;

  friend bool operator==(const companion_changed&, const companion_changed&) = default;
};

/// What the exchange needs of the reception.
using session_keeper_actor = caf::typed_actor<takes<companion_changed>,
                                              // The token is not checked yet. Answered when the
                                              // session has ended here. Errors: resume_refused.
                                              answers<session_moved, session_let_go>>;

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::tell_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::forget_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::find_remote_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::remote_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::tell_home)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::move_here)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::moved_here)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::companion_changed)

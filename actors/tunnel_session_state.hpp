// What a tunnel session knows, for the files that it is made of.
#pragma once

#include "actors/probed.hpp"
#include "actors/tunnel_session.hpp"

#include <map>
#include <optional>
#include <vector>

namespace serverme::actors::sessions {

struct endpoint {
  /// basic_auth: its digest.
  endpoint_request wanted;
  lease_grant grant;
  endpoint_bound bound;
  wall_time since{};
  inspector_actor inspector;
  /// When the agent asked for it the last time.
  std::uint64_t asked_in_return = 0;
  bool is_served = false;
};

struct tunnel_session_state {
  static inline const char* name = "tunnel_session";
  tunnel_session_state() = default; // declared: CAF would build an aggregate from the actor itself
  ~tunnel_session_state() {
    for (const auto& [id, each] : endpoints)
      others.captures->close(id);
  }

  session_identity identity;
  session_neighbours others;
  world outside;
  session_settings settings;

  std::map<endpoint_id, endpoint> endpoints;
  /// Asked for and not answered yet.
  std::size_t bindings = 0;
  std::uint32_t lanes = 0;
  /// Other edges that have lanes of it, in the order in which they came.
  std::vector<node_id> companions;
  /// What the other edges were told last.
  std::optional<session_record> told;
  bool has_moved = false;
  /// Grows with every change of presence: an old timer says nothing.
  std::uint64_t absence = 0;
  /// Grows with every resume: what is asked for again is not a second one of its kind.
  std::uint64_t returns = 0;
};

using session_self = self_pointer<tunnel_session_actor, tunnel_session_state>;
using bound_promise = caf::typed_response_promise<endpoint_bound>;

presence presence_of(const tunnel_session_state& state);
route route_of(const tunnel_session_state& state, const endpoint& what);

/// Answers an agent's wish. In tunnel_session_binding.cpp.
void bind(session_self self, const bind_endpoint& ask, bound_promise promise);

/// Tells the tunnel desk, and sees to it that there is an inspector when there shall be one.
void report(session_self self, endpoint& what);

/// Gives it up, whatever came of it so far.
void forget_endpoint(session_self self, endpoint_id id, after_release then);
/// Somebody else serves it now.
void endpoint_lost(session_self self, const lease_grant& what);

} // namespace serverme::actors::sessions

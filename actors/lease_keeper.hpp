// LEASE KEEPER: what the sessions of this edge hold, kept alive with the name registry in one
// breath.
//
// Owned by  the edge's supervisor.
// Owns      nothing that it could not learn again. One timer and few messages for all sessions: ten
//           thousand that renewed for themselves took 19 % of a core (measured).
// Fails     a restart forgets all; sessions tell it again at once. While the registry is away what
// is
//           held stays so; new names are control_unavailable.
#pragma once

#include "actors/name_registry.hpp"

namespace serverme::actors {

/// The registry has lost its memory, or is another one: it hears everything again, at once.
struct teach_registry {};

/// Its own timer.
struct renew_now {};

using lease_keeper_actor = caf::typed_actor<
  // Passed on to the registry; the session that asks becomes the holder. Errors: the registry's.
  answers<lease_endpoint, lease_grant>,
  // From a session: it is gone (and all it holds with it), away, back, or lets go of one.
  takes<session_presence>, takes<release_lease>,
  // From a session, when the keeper was started again.
  takes<held_leases>,
  // From the registry; passed on to the session.
  takes<lease_lost>, takes<teach_registry>,
  // Its own timer.
  takes<renew_now>>;

struct keeper_settings {
  /// The registry's; renewed three times within it.
  milliseconds lease_time{30'000};
  /// For an answer of the registry, which may wait for the store.
  milliseconds registry_timeout{5'000};
};

lease_keeper_actor spawn_lease_keeper(caf::actor_system& system, name_registry_actor names,
                                      keeper_settings settings);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::teach_registry)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::renew_now)

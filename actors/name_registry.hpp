// NAME REGISTRY: which session serves which public name or port, under which generation.
//
// Owned by  the control node's supervisor.
// Owns      one lease_book. Asks the store which account may use what, never without a time-out.
// Fails     a restart forgets all leases; the keepers teach them again within a third of their
// time.
//           While the store is away: what is leased stays so; new names are control_unavailable.
//           An edge's keeper that is gone leaves its sessions away: another edge may have them.
//           A session that asks from another edge has moved there (docs/adr/0015): it gets a newer
//           generation, and its former edge hears lease_lost.
#pragma once

#include "actors/messaging.hpp"
#include "actors/ports/store.hpp"
#include "actors/ports/world.hpp"
#include "protocol/messages/leases.hpp"

#include <atomic>
#include <memory>

namespace serverme::actors {

/// A timer of the registry's own.
struct sweep_leases {};

/// Whoever asks for leases is one: the lease keeper of an edge.
using lease_holder_actor = caf::typed_actor<
  // Another session has it now.
  takes<lease_lost>>;

/// As edges see it, also those of other nodes: only messages that may travel.
using name_registry_actor = caf::typed_actor<
  // Errors: name_invalid, name_reserved, name_taken, port_out_of_range, port_taken, no_free_port,
  // too_many_claims, control_unavailable.
  answers<lease_endpoint, lease_grant>,
  // Every third of the lease time.
  answers<renew_leases, leases_renewed>,
  // The session gives it up, is away or back, or is no more.
  takes<release_lease>, takes<session_presence>, takes<session_ended>>;

/// Which of several control nodes decides: written by whoever wins and loses the lead, read by the
/// registry before every answer. One object for each control node; it outlives restarts.
struct lead_position {
  /// Of this node's lead, larger than any before it; 0: another node leads, or nobody.
  std::atomic<std::uint64_t> term{1};
  /// The last generation that was given out.
  std::atomic<std::uint64_t> generation{0};
  /// Leases that are held, told by the registry every third of their time.
  std::atomic<std::uint64_t> leases{0};
};

struct registry_settings {
  /// Answers are control_unavailable while it does not lead, and what was leased is forgotten.
  std::shared_ptr<lead_position> lead = std::make_shared<lead_position>();
  milliseconds lease_time{30'000};
  /// Ports that may be leased, inclusive.
  std::uint16_t port_first = 10000;
  std::uint16_t port_last = 10999;
  /// How long a name stays its account's after nobody serves it any more: a tunnel that is started
  /// again the next morning has its old URL.
  seconds name_hold{24 * 3600};
  /// Ports are few.
  seconds port_hold{3600};
  milliseconds store_timeout{3'000};
};

name_registry_actor spawn_name_registry(caf::actor_system& system, store_actor store, world outside,
                                        registry_settings settings);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::sweep_leases)

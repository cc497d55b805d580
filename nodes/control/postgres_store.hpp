// STORE over PostgreSQL: one connection, on a thread of its own.
//
// Owned by  the control node's supervisor.
// Owns      one ledger: a connection that comes back by itself, with back-off.
// Fails     never quits because the database is away: it answers database_unavailable at once until
//           the next attempt is due. With too many questions in its mailbox as well: whoever asked
//           them has given up by the time they would be answered.
#pragma once

#include "actors/ports/store.hpp"
#include "nodes/control/claim_limits.hpp"
#include "nodes/control/database_settings.hpp"

#include <atomic>
#include <memory>

namespace serverme::control {

struct store_settings {
  database_settings database;
  /// Questions that wait, beyond which the next one is refused.
  std::uint64_t queued_max = 1'000;
  claim_limits claims;
  /// Counts those; outlives each store that is started with it.
  std::shared_ptr<std::atomic<std::uint64_t>> refused
    = std::make_shared<std::atomic<std::uint64_t>>(0);
  /// Counts claims beyond `claims`, likewise.
  std::shared_ptr<std::atomic<std::uint64_t>> claims_refused
    = std::make_shared<std::atomic<std::uint64_t>>(0);
};

actors::store_actor spawn_postgres_store(caf::actor_system& system, store_settings settings);

} // namespace serverme::control

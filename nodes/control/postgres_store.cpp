#include "nodes/control/postgres_store.hpp"

#include "actors/probed.hpp"
#include "nodes/control/ledger.hpp"

#include <utility>

namespace serverme::control {

namespace {

using actors::store_actor;

struct store_state {
  static inline const char* name = "store";
  std::unique_ptr<ledger> facts;
  std::uint64_t queued_max = 0;
  std::shared_ptr<std::atomic<std::uint64_t>> refused;
  std::shared_ptr<std::atomic<std::uint64_t>> claims_refused;
};

using store_self = actors::self_pointer<store_actor, store_state>;

template <class Reply, class Question>
caf::result<Reply> answer(store_self self, const Question& ask) {
  if (self->queued() > self->state.queued_max) {
    self->state.refused->fetch_add(1, std::memory_order_relaxed);
    return actors::make_caf_error(fail(errc::database_unavailable, "too many questions wait"));
  }
  auto outcome = self->state.facts->answer(ask);
  if (!outcome && outcome.error().code == errc::too_many_claims)
    self->state.claims_refused->fetch_add(1, std::memory_order_relaxed);
  return actors::reply(std::move(outcome));
}

store_actor::behavior_type postgres_store(store_self self, store_settings settings) {
  self->state.facts = std::make_unique<ledger>(std::move(settings.database), settings.claims);
  self->state.queued_max = settings.queued_max;
  self->state.refused = std::move(settings.refused);
  self->state.claims_refused = std::move(settings.claims_refused);
  return {
    [self](const authenticate_key& ask) { return answer<key_owner>(self, ask); },
    [self](const authenticate_keys& ask) { return answer<key_owners>(self, ask); },
    [self](const check_keys& ask) { return answer<good_keys>(self, ask); },
    [self](const claim& ask) { return answer<claimed>(self, ask); },
    // Repeated every few minutes by whoever holds the leases: one that fails is no loss.
    [self](const extend_claims& order) { (void)self->state.facts->answer(order); },
    [self](const reserve_name& ask) { return answer<name_reserved>(self, ask); },
    [self](const create_user& ask) { return answer<user_created>(self, ask); },
    [self](const create_key& ask) { return answer<key_created>(self, ask); },
    [self](const list_keys& ask) { return answer<key_list>(self, ask); },
    [self](const revoke_key& ask) { return answer<key_revoked>(self, ask); },
    [self](const probe_store& ask) { return answer<store_ready>(self, ask); },
  };
}

} // namespace

store_actor spawn_postgres_store(caf::actor_system& system, store_settings settings) {
  return system.spawn<caf::detached>(postgres_store, std::move(settings));
}

} // namespace serverme::control

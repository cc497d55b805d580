#include "actors/lease_keeper.hpp"

#include "actors/probed.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>

namespace serverme::actors {

namespace {

constexpr milliseconds first_round{1'000};

/// Whoever holds leases, as far as the keeper speaks to him.
using session_actor = caf::typed_actor<takes<lease_lost>>;

struct keeping {
  held_leases held;
  caf::actor_addr session;
};

struct lease_keeper_state {
  static inline const char* name = "lease_keeper";
  lease_keeper_state() = default; // declared: CAF would build an aggregate from the actor itself
  name_registry_actor names;
  keeper_settings settings;

  // In order: a round goes on behind the last session of the page before.
  std::map<session_id, keeping> kept;
  std::unordered_map<caf::actor_addr, session_id> ids;
  /// Grows with each round: the pages of an older one stop.
  std::uint64_t round = 0;
};

using keeper_self = self_pointer<lease_keeper_actor, lease_keeper_state>;
using lease_promise = caf::typed_response_promise<lease_grant>;

keeping* find(keeper_self self, session_id session) {
  auto found = self->state.kept.find(session);
  return found == self->state.kept.end() ? nullptr : &found->second;
}

// Whoever sends this is the session.
keeping& know(keeper_self self, session_id session, account_id account) {
  auto& state = self->state;
  auto& known = state.kept[session];
  known.held.session = session;
  known.held.account = account;
  auto& sender = self->current_sender();
  if (!sender || known.session == sender->address())
    return known;
  if (known.session) // CAF's hash of none is a crash
    state.ids.erase(known.session);
  known.session = sender->address();
  if (state.ids.emplace(known.session, session).second)
    self->monitor(sender);
  return known;
}

void session_down(keeper_self self, const caf::down_msg& news) {
  auto& state = self->state;
  auto known = state.ids.find(news.source);
  if (known == state.ids.end())
    return;
  self->send(state.names, session_ended{known->second});
  state.kept.erase(known->second);
  state.ids.erase(known);
}

void lose(keeper_self self, const lease_lost& news) {
  auto* known = find(self, news.session);
  if (known == nullptr)
    return;
  // Of what it holds under a newer generation old news says nothing.
  std::erase_if(known->held.grants, [&](const lease_grant& grant) {
    return grant.key == news.what.key && grant.generation <= news.what.generation;
  });
  if (auto session = caf::actor_cast<caf::strong_actor_ptr>(known->session))
    self->send(caf::actor_cast<session_actor>(session), news);
}

void keep(keeper_self self, session_id session, const lease_grant& grant) {
  auto* known = find(self, session);
  if (known == nullptr) { // it ended while the registry thought about it
    self->send(self->state.names, session_ended{session});
    return;
  }
  std::erase_if(known->held.grants, [&](const lease_grant& each) { return each.key == grant.key; });
  known->held.grants.push_back(grant);
}

void lease(keeper_self self, const lease_endpoint& ask, lease_promise promise) {
  auto& state = self->state;
  self->request(state.names, state.settings.registry_timeout, ask)
    .then(
      [self, session = ask.session, promise](const lease_grant& grant) mutable {
        keep(self, session, grant);
        promise.deliver(grant);
      },
      [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
}

void release(keeper_self self, const release_lease& order) {
  if (auto* known = find(self, order.session))
    std::erase(known->held.grants, order.what);
  self->send(self->state.names, order);
}

void note_presence(keeper_self self, const session_presence& news) {
  auto* known = find(self, news.session);
  if (known == nullptr)
    return; // holds nothing: there is nothing that another session could want of it
  known->held.agent = news.agent;
  self->send(self->state.names, news);
}

// What sessions behind `last` hold, as much as fits; `last` moves on.
renew_leases next_page(const lease_keeper_state& state, session_id& last) {
  renew_leases page;
  std::size_t grants = 0;
  for (auto each = state.kept.upper_bound(last); each != state.kept.end(); ++each) {
    const auto& held = each->second.held;
    if (!page.sessions.empty() && grants + held.grants.size() > renew_leases::grants_max)
      break;
    last = each->first;
    if (held.grants.empty())
      continue;
    grants += held.grants.size();
    page.sessions.push_back(held);
  }
  return page;
}

// A page at a time: the registry is never behind with more than one of each edge.
void renew_behind(keeper_self self, session_id last, std::uint64_t round) {
  auto& state = self->state;
  auto page = next_page(state, last);
  if (round != state.round || page.sessions.empty())
    return;
  self->request(state.names, state.settings.registry_timeout, std::move(page))
    .then(
      [self, last, round](const leases_renewed& answer) {
        for (const auto& each : answer.lost)
          lose(self, each);
        renew_behind(self, last, round);
      },
      [](const caf::error&) {}); // the registry is away: what is served goes on
}

void renew(keeper_self self) { renew_behind(self, session_id{}, ++self->state.round); }

lease_keeper_actor::behavior_type lease_keeper(keeper_self self, name_registry_actor names,
                                               keeper_settings settings) {
  self->state.names = std::move(names);
  self->state.settings = settings;
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { session_down(self, news); });
  // A registry of another version answers news that it does not know with an error, which ends an
  // actor that says nothing else about it.
  self->set_error_handler([](caf::scheduled_actor*, caf::error&) {});
  // Soon, for what sessions tell one that was started again.
  self->delayed_send(self, std::min(first_round, settings.lease_time / 3), renew_now{});
  return {
    [self](const lease_endpoint& ask) {
      // First: the promise takes the sender away. Who asks is here, whatever it said before.
      know(self, ask.session, ask.account).held.agent = presence::here;
      auto promise = self->make_response_promise<lease_grant>();
      lease(self, ask, promise);
      return promise;
    },
    [self](const session_presence& news) { note_presence(self, news); },
    [self](const release_lease& order) { release(self, order); },
    [self](const held_leases& all) { know(self, all.session, all.account).held = all; },
    [self](const lease_lost& news) { lose(self, news); },
    [self](const teach_registry&) { renew(self); },
    [self](const renew_now&) {
      renew(self);
      self->delayed_send(self, self->state.settings.lease_time / 3, renew_now{});
    },
  };
}

} // namespace

lease_keeper_actor spawn_lease_keeper(caf::actor_system& system, name_registry_actor names,
                                      keeper_settings settings) {
  return system.spawn(lease_keeper, std::move(names), settings);
}

} // namespace serverme::actors

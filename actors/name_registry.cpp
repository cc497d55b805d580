#include "actors/name_registry.hpp"

#include "actors/name_registry_news.hpp"
#include "actors/probed.hpp"
#include "protocol/lease_book.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

namespace serverme::actors {

namespace {

// A free name or port that turns out to be another account's: so many others are tried.
constexpr int attempts_max = 16;
// Generations of one term: a thousand in a millisecond would last for decades.
constexpr unsigned generation_bits = 40;
// In the store a hold is renewed long before it ends.
constexpr milliseconds extend_every{600'000};

struct name_registry_state {
  static inline const char* name = "name_registry";
  name_registry_state() = default; // declared: CAF would build an aggregate from the actor itself
  store_actor store;
  world outside;
  registry_settings settings;
  lease_book leases{milliseconds{0}, generation{}};
  std::uint64_t term = 0; // of what is remembered
  claim_news news;
  time_point extended{};
  // Edges by the keepers that speak for them. Weak: an edge's end is noticed by its monitor and
  // must not wait for us.
  std::unordered_map<caf::actor_addr, std::uint64_t> edges;
  std::unordered_map<std::uint64_t, caf::actor_addr> keepers;
  std::uint64_t edges_ever = 0;
  // Sessions that have not ended, where they live.
  std::set<std::pair<session_id, std::uint64_t>> holders;
};

using registry_with_timer = name_registry_actor::extend<takes<sweep_leases>>;
using registry_self = self_pointer<registry_with_timer, name_registry_state>;
using lease_promise = caf::typed_response_promise<lease_grant>;

struct question {
  lease_endpoint ask;
  std::uint64_t edge = 0;
  lease_promise promise;

  lease_holder who() const { return {ask.account, ask.session, edge}; }
};

// A new term begins without memory: what was held under an old one is learned when it is renewed.
bool leads(registry_self self) {
  auto& state = self->state;
  const auto& lead = *state.settings.lead;
  auto term = lead.term.load();
  if (term == std::exchange(state.term, term))
    return term != 0;
  auto first = std::max(term << generation_bits, lead.generation.load() + 1);
  state.leases = lease_book{state.settings.lease_time, generation{first}};
  state.holders.clear();
  return term != 0;
}

caf::error not_leading() {
  return make_caf_error(fail(errc::control_unavailable, "another control node decides"));
}

seconds hold_of(const registry_settings& settings, const claim_key& key) {
  return key.name.empty() ? settings.port_hold : settings.name_hold;
}

// One batch at a time: the next one goes when the store has answered. One that failed is no loss.
void tell_store(registry_self self) {
  auto& state = self->state;
  auto batch = state.news.next();
  if (batch.claims.empty())
    return;
  auto on_told = [self] {
    self->state.news.on_told();
    tell_store(self);
  };
  self->request(state.store, state.settings.store_timeout, std::move(batch))
    .then(on_told, [on_told](const caf::error&) { on_told(); });
}

void keep_claims(registry_self self, const std::vector<lease_book::ended>& keys) {
  for (const auto& each : keys)
    self->state.news.add({each.holder.account, each.key, hold_of(self->state.settings, each.key)});
  tell_store(self);
}

// Before the store is asked about a key it hears what we know of it: a name that was given up is
// free at once. An account's own claim says more than what waited, and must not be undone by it.
void tell_store_first(registry_self self, const claim_key& key, account_id asking) {
  auto waited = self->state.news.take(key);
  if (waited && waited->account != asking)
    self->send(self->state.store, extend_claims{{*waited}});
}

// Whoever asks or tells is the keeper of an edge; 0: nobody, for whom nothing is held.
std::uint64_t edge_of_sender(registry_self self) {
  auto& sender = self->current_sender();
  if (!sender)
    return 0;
  auto& state = self->state;
  auto [known, is_new] = state.edges.try_emplace(sender->address(), state.edges_ever + 1);
  if (is_new) {
    state.keepers.emplace(++state.edges_ever, sender->address());
    self->monitor(sender);
  }
  return known->second;
}

void edge_down(registry_self self, const caf::down_msg& news) {
  auto& state = self->state;
  auto known = state.edges.find(news.source);
  if (known == state.edges.end())
    return;
  auto edge = known->second;
  state.edges.erase(known);
  state.keepers.erase(edge);
  std::erase_if(state.holders, [edge](const auto& each) { return each.second == edge; });
  state.leases.lose_edge(edge);
}

// Of a session that has moved its former edge says nothing new: what it holds is at another one.
void end_session(registry_self self, session_id session) {
  auto edge = edge_of_sender(self);
  self->state.holders.erase({session, edge});
  keep_claims(self, self->state.leases.forget(session, edge));
}

void tell_lost(registry_self self, const lease_holder& former, const lease_grant& newer) {
  auto keeper = self->state.keepers.find(former.edge);
  if (keeper == self->state.keepers.end())
    return;
  if (auto whom = caf::actor_cast<caf::strong_actor_ptr>(keeper->second))
    self->send(caf::actor_cast<lease_holder_actor>(whom), lease_lost{former.session, newer});
}

result<claim_key> free_port(registry_self self, const std::vector<std::uint16_t>& unwanted) {
  auto& state = self->state;
  auto first = state.settings.port_first;
  auto count = static_cast<std::uint64_t>(state.settings.port_last - first) + 1;
  auto start = state.outside.random() % count;
  auto now = self->clock().now();
  for (std::uint64_t step = 0; step < count; ++step) {
    claim_key key{.port = static_cast<std::uint16_t>(first + (start + step) % count)};
    if (state.leases.find(key, now) == nullptr
        && std::find(unwanted.begin(), unwanted.end(), key.port) == unwanted.end())
      return key;
  }
  return fail(errc::no_free_port);
}

result<claim_key> asked_key(registry_self self, const lease_endpoint& ask) {
  const auto& settings = self->state.settings;
  if (ask.kind == endpoint_kind::tcp) {
    if (ask.port >= settings.port_first && ask.port <= settings.port_last)
      return claim_key{.port = ask.port};
    return fail(errc::port_out_of_range, "port " + std::to_string(ask.port) + ", allowed are "
                                           + std::to_string(settings.port_first) + " to "
                                           + std::to_string(settings.port_last));
  }
  auto label = parse_endpoint_name(ask.name);
  if (!label)
    return fail(label.error());
  if (is_system_name(*label))
    return fail(errc::name_reserved, "name " + *label);
  return claim_key{.name = std::move(*label)};
}

bool leaves_choice(const lease_endpoint& ask) {
  return ask.kind == endpoint_kind::tcp ? ask.port == 0 : ask.name.empty();
}

result<claim_key> choose_key(registry_self self, const lease_endpoint& ask) {
  if (!leaves_choice(ask))
    return asked_key(self, ask);
  if (ask.kind == endpoint_kind::tcp)
    return free_port(self, ask.unwanted);
  return claim_key{.name = random_endpoint_name(self->state.outside.random())};
}

void try_lease(registry_self self, question what, int attempts_left);

// Somebody else's, though free here: when any will do, another one is tried.
void claim_refused(registry_self self, question what, const claim_key& key, const failure& why,
                   int attempts_left) {
  auto is_anothers = why.code == errc::name_taken || why.code == errc::name_reserved
                     || why.code == errc::port_taken;
  if (is_anothers && leaves_choice(what.ask)) {
    if (what.ask.kind == endpoint_kind::tcp)
      what.ask.unwanted.push_back(key.port);
    return try_lease(self, std::move(what), attempts_left - 1);
  }
  // Whatever else the store's trouble is, to an agent it is one thing: nobody can decide now.
  auto is_decided = is_anothers || why.code == errc::too_many_claims;
  what.promise.deliver(make_caf_error(
    is_decided ? why : fail(errc::control_unavailable, "the store does not answer")));
}

// Of two sessions of an account that asked at the same time the second is refused here.
void take_lease(registry_self self, question what, const claim_key& key, int attempts_left) {
  auto taken = self->state.leases.take(key, what.who(), self->clock().now());
  if (taken) {
    self->state.settings.lead->generation = taken->what.generation.value;
    if (taken->from)
      tell_lost(self, *taken->from, taken->what);
    what.promise.deliver(taken->what);
  } else if (leaves_choice(what.ask)) { // a random name that somebody serves: one in 2^40
    try_lease(self, std::move(what), attempts_left - 1);
  } else {
    what.promise.deliver(make_caf_error(taken.error()));
  }
}

// Nothing is leased before the store has answered: a stranger who asks for a name keeps nobody from
// it meanwhile.
void ask_store(registry_self self, question what, const claim_key& key, int attempts_left) {
  auto& state = self->state;
  tell_store_first(self, key, what.ask.account);
  claim ask{what.ask.account, key, hold_of(state.settings, key)};
  self->request(state.store, state.settings.store_timeout, std::move(ask))
    .then(
      [self, what, key, attempts_left](const claimed&) mutable {
        if (leads(self) && self->state.holders.contains({what.ask.session, what.edge}))
          take_lease(self, std::move(what), key, attempts_left);
        else // it ended while the store thought about it, or the lead went to another
          what.promise.deliver(make_caf_error(fail(errc::control_unavailable, "asked too late")));
      },
      [self, what, key, attempts_left](const caf::error& why) mutable {
        claim_refused(self, std::move(what), key, to_failure(why), attempts_left);
      });
}

void try_lease(registry_self self, question what, int attempts_left) {
  auto key = choose_key(self, what.ask);
  if (!key) {
    what.promise.deliver(make_caf_error(key.error()));
    return;
  }
  if (attempts_left <= 0) {
    what.promise.deliver(make_caf_error(
      fail(what.ask.kind == endpoint_kind::tcp ? errc::no_free_port : errc::control_unavailable)));
    return;
  }
  // What a session holds is its account's, and what another account holds is refused: to neither
  // has the store anything to add.
  if (self->state.leases.find(*key, self->clock().now()) != nullptr)
    take_lease(self, std::move(what), *key, attempts_left);
  else
    ask_store(self, std::move(what), *key, attempts_left);
}

caf::result<lease_grant> lease(registry_self self, const lease_endpoint& ask) {
  if (!leads(self))
    return not_leading();
  auto edge = edge_of_sender(self); // first: the promise takes the sender away
  if (edge != 0)
    self->state.holders.emplace(ask.session, edge);
  auto promise = self->make_response_promise<lease_grant>();
  try_lease(self, {ask, edge, promise}, attempts_max);
  return promise;
}

leases_renewed renew(registry_self self, const renew_leases& ask) {
  leases_renewed answer;
  auto& leases = self->state.leases;
  auto edge = edge_of_sender(self);
  auto now = self->clock().now();
  for (const auto& each : ask.sessions) {
    if (edge != 0)
      self->state.holders.emplace(each.session, edge);
    for (const auto& grant : each.grants)
      if (!leases.renew(grant, {each.account, each.session, edge}, now))
        answer.lost.push_back({each.session, grant});
    leases.set_presence(each.session, edge, each.agent);
  }
  return answer;
}

void release(registry_self self, const release_lease& order) {
  auto& state = self->state;
  const auto* held = state.leases.find(order.what.key, self->clock().now());
  if (held == nullptr)
    return;
  auto who = held->holder;
  if (!state.leases.release(order.session, order.what))
    return;
  auto hold
    = order.then == after_release::hold ? hold_of(state.settings, order.what.key) : seconds{0};
  state.news.add({who.account, order.what.key, hold});
  tell_store(self);
}

void sweep(registry_self self) {
  auto& state = self->state;
  self->delayed_send(self, state.settings.lease_time / 3, sweep_leases{});
  auto is_ours = leads(self);
  state.settings.lead->leases = is_ours ? state.leases.size() : 0;
  if (!is_ours)
    return;
  auto now = self->clock().now();
  keep_claims(self, state.leases.expire(now));
  if (now - state.extended >= extend_every) {
    state.extended = now;
    keep_claims(self, state.leases.all());
  }
}

registry_with_timer::behavior_type name_registry(registry_self self, store_actor store,
                                                 world outside, registry_settings settings) {
  self->state.store = std::move(store);
  self->state.outside = std::move(outside);
  self->state.settings = settings;
  self->state.extended = self->clock().now();
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { edge_down(self, news); });
  self->delayed_send(self, settings.lease_time / 3, sweep_leases{});
  return {
    [self](const lease_endpoint& ask) { return lease(self, ask); },
    [self](const renew_leases& ask) -> caf::result<leases_renewed> {
      if (!leads(self))
        return not_leading();
      return renew(self, ask);
    },
    [self](const release_lease& order) {
      if (leads(self))
        release(self, order);
    },
    [self](const session_presence& news) {
      if (leads(self))
        self->state.leases.set_presence(news.session, edge_of_sender(self), news.agent);
    },
    [self](const session_ended& news) {
      if (leads(self))
        end_session(self, news.session);
    },
    [self](const sweep_leases&) { sweep(self); },
  };
}

} // namespace

name_registry_actor spawn_name_registry(caf::actor_system& system, store_actor store, world outside,
                                        registry_settings settings) {
  return system.spawn(name_registry, std::move(store), std::move(outside), settings);
}

} // namespace serverme::actors

#include "actors/reception.hpp"

#include "actors/key_questions.hpp"
#include "actors/probed.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

namespace serverme::actors {

namespace {

struct guest {
  tunnel_session_actor session;
  account_id account;
  key_id key;
};

using admitted_promise = caf::typed_response_promise<agent_admitted>;

struct greeting {
  greet_agent ask;
  admitted_promise promise;
};

using greeters = key_questions<greeting>;

struct reception_state {
  static inline const char* name = "reception";
  reception_state() = default; // declared: CAF would build an aggregate from the actor itself

  store_actor store;
  session_neighbours others;
  world outside;
  reception_settings settings;

  std::unordered_map<session_id, guest> guests;
  std::unordered_map<caf::actor_addr, session_id> ids;
  std::unordered_map<account_id, std::size_t> per_account;
  greeters unknown;
};

using reception_self = self_pointer<reception_actor, reception_state>;

/// 256 bits as 64 hexadecimal digits.
std::string random_token(const world& outside) {
  constexpr std::array<char, 16> digits{'0', '1', '2', '3', '4', '5', '6', '7',
                                        '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  std::string token;
  for (int part = 0; part < 4; ++part) {
    auto bits = outside.random();
    for (unsigned shift = 0; shift < 64; shift += 4)
      token += digits[(bits >> shift) & 15U];
  }
  return token;
}

session_id unused_id(const reception_state& state) {
  session_id id{state.outside.random()};
  while (id.value == 0 || state.guests.contains(id))
    id.value = state.outside.random();
  return id;
}

result<agent_admitted> admit(reception_self self, const greet_agent& ask, const key_owner& who) {
  auto& state = self->state;
  if (state.guests.size() >= state.settings.sessions_max)
    return fail(errc::too_busy, "this node has too many agents");
  auto& count = state.per_account[who.account];
  if (count >= state.settings.sessions_per_account_max)
    return fail(errc::too_busy, "this account has too many agents");
  auto id = unused_id(state);
  auto token = random_token(state.outside);
  auto session
    = spawn_tunnel_session(self->system(), caf::actor_cast<caf::actor>(self),
                           {id, who.account, state.outside.sha256(token), ask.agent, ask.address},
                           state.others, state.outside, state.settings.session);
  self->monitor(session);
  state.ids.emplace(session.address(), id);
  state.guests.emplace(id, guest{session, who.account, who.key});
  ++count;
  return agent_admitted{id, who.account, std::move(token)};
}

// Whatever the store's trouble is, an agent is not told that its key is bad because of it.
failure refusal(const failure& why) {
  if (why.code == errc::key_invalid)
    return why;
  return fail(errc::control_unavailable, "the store does not answer");
}

void settle(reception_self self, std::vector<greeters::verdict> verdicts) {
  for (auto& [who, owner] : verdicts) {
    auto admitted = owner ? admit(self, who.ask, *owner) : fail(refusal(owner.error()));
    if (admitted)
      who.promise.deliver(std::move(*admitted));
    else
      who.promise.deliver(make_caf_error(admitted.error()));
  }
}

void ask_whose_keys(reception_self self) {
  auto& state = self->state;
  auto batch = state.unknown.next();
  if (batch.key_hashes.empty())
    return;
  self->request(state.store, state.settings.store_timeout, std::move(batch))
    .then(
      [self](const key_owners& known) {
        auto verdicts = self->state.unknown.on_owners(known);
        ask_whose_keys(self); // the store is at work while these are let in
        settle(self, std::move(verdicts));
      },
      [self](const caf::error& why) {
        settle(self, self->state.unknown.on_failure(to_failure(why)));
      });
}

void greet_by_key(reception_self self, greet_agent ask, admitted_promise promise) {
  auto& unknown = self->state.unknown;
  if (ask.key_hash.empty()) {
    promise.deliver(make_caf_error(fail(errc::resume_refused)));
    return;
  }
  if (unknown.is_full()) {
    promise.deliver(make_caf_error(fail(errc::too_busy, "too many agents ask at once")));
    return;
  }
  auto hash = ask.key_hash;
  unknown.add(std::move(hash), {std::move(ask), std::move(promise)});
  ask_whose_keys(self);
}

void greet(reception_self self, const greet_agent& ask, admitted_promise promise) {
  auto& state = self->state;
  auto known = state.guests.find(ask.session);
  if (ask.token_hash.empty() || known == state.guests.end())
    return greet_by_key(self, ask, promise);
  self->request(known->second.session, state.settings.store_timeout, resume_session{ask.token_hash})
    .then([promise](const agent_admitted& back) mutable { promise.deliver(back); },
          [self, ask, promise](caf::error& why) mutable {
            // One lane too many is no reason to open a second session.
            if (to_failure(why).code == errc::lane_limit)
              promise.deliver(std::move(why));
            else
              greet_by_key(self, ask, promise);
          });
}

template <class News>
void pass_on(reception_self self, const News& news) {
  auto known = self->state.guests.find(news.session);
  if (known != self->state.guests.end())
    self->send(known->second.session, news);
}

// An agent that stays connected without a session would wait for nothing.
void send_away(reception_self self, session_id nobody) {
  self->state.others.edge->close_session(nobody, {errc::resume_refused, "the session is over"});
}

void count_lanes(reception_self self, const lanes_changed& news) {
  if (news.lanes > 0 && !self->state.guests.contains(news.session))
    send_away(self, news.session);
  pass_on(self, news);
}

caf::result<endpoint_bound> bind(reception_self self, const bind_endpoint& ask) {
  auto known = self->state.guests.find(ask.session);
  if (known != self->state.guests.end())
    return self->delegate(known->second.session, ask);
  send_away(self, ask.session);
  return make_caf_error(fail(errc::resume_refused, "the session is over"));
}

void revoke(reception_self self, key_id key) {
  for (const auto& [id, guest] : self->state.guests)
    if (guest.key == key)
      self->send(guest.session, end_session{fail(errc::key_invalid, "the key was revoked")});
}

// One query for all; an answer that does not come ends nobody's session.
void check_all_keys(reception_self self) {
  auto& state = self->state;
  self->delayed_send(self, state.settings.keys_checked_every, look_for_revoked_keys{});
  std::unordered_set<key_id> live;
  for (const auto& [id, guest] : state.guests)
    live.insert(guest.key);
  if (live.empty())
    return;
  std::vector<key_id> asked{live.begin(), live.end()};
  self->request(state.store, state.settings.keys_checked_every, check_keys{asked})
    .then(
      [self, asked](const good_keys& good) {
        std::unordered_set<key_id> still{good.keys.begin(), good.keys.end()};
        for (auto key : asked)
          if (!still.contains(key))
            revoke(self, key);
      },
      [](const caf::error&) {});
}

void session_down(reception_self self, const caf::down_msg& news) {
  auto& state = self->state;
  auto known = state.ids.find(news.source);
  if (known == state.ids.end())
    return;
  auto id = known->second;
  auto guest = state.guests.find(id);
  auto count = state.per_account.find(guest->second.account);
  if (--count->second == 0)
    state.per_account.erase(count);
  state.guests.erase(guest);
  state.ids.erase(known);
  if (news.reason) // it crashed; one that ended by itself has told its agent
    state.others.edge->close_session(id, {errc::control_unavailable, "the session failed"});
}

reception_actor::behavior_type reception(reception_self self, store_actor store,
                                         session_neighbours others, world outside,
                                         const reception_settings& settings) {
  auto& state = self->state;
  state.store = std::move(store);
  state.others = std::move(others);
  state.outside = std::move(outside);
  state.settings = settings;
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { session_down(self, news); });
  self->delayed_send(self, settings.keys_checked_every, look_for_revoked_keys{});
  return {
    [self](const greet_agent& ask) {
      auto promise = self->make_response_promise<agent_admitted>();
      greet(self, ask, promise);
      return promise;
    },
    [self](const bind_endpoint& ask) { return bind(self, ask); },
    [self](const lanes_changed& news) { count_lanes(self, news); },
    [self](const unbind_endpoint& order) { pass_on(self, order); },
    [self](const agent_left& news) { pass_on(self, news); },
    [self](const key_revoked& news) { revoke(self, news.key); },
    [self](const repeat_tunnels& order) {
      for (const auto& [id, guest] : self->state.guests)
        self->send(guest.session, order);
    },
    [self](const look_for_revoked_keys&) { check_all_keys(self); },
  };
}

} // namespace

reception_actor spawn_reception(caf::actor_system& system, store_actor store,
                                session_neighbours others, world outside,
                                reception_settings settings) {
  return system.spawn(reception, std::move(store), std::move(others), std::move(outside), settings);
}

} // namespace serverme::actors

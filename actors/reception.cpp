#include "actors/reception.hpp"

#include "actors/key_questions.hpp"
#include "actors/probed.hpp"
#include "protocol/constant_time.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace serverme::actors {

namespace {

// Each look around asks about so many companions' sessions.
constexpr std::size_t companions_looked_at = 256;
// An admitted lane is there within a moment, or never.
constexpr int looks_without_lanes_max = 5;
// One that moves is unknown for a moment.
constexpr int looks_unknown_max = 1;

struct guest {
  tunnel_session_actor session;
  account_id account;
  key_id key;
  std::uint32_t lanes = 0;
};

/// A session that lives on another edge, and has lanes here.
struct companion {
  account_id account;
  std::uint32_t lanes = 0;
  int looks_without_lanes = 0;
  int looks_unknown = 0;
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

  std::map<session_id, companion> companions;
  session_id looked_at; // the last companion
  /// Sessions that are on their way here, and who waits for them.
  std::unordered_map<session_id, std::vector<greeting>> moving;

  bool stands_alone() const { return settings.session.here == node_id{}; }
  bool is_full() const { return guests.size() + companions.size() >= settings.sessions_max; }
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

tunnel_session_actor open_session(reception_self self, session_identity who) {
  auto& state = self->state;
  auto id = who.session;
  guest entry{.account = who.account, .key = who.key};
  entry.session
    = spawn_tunnel_session(self->system(), caf::actor_cast<caf::actor>(self), std::move(who),
                           state.others, state.outside, state.settings.session);
  self->monitor(entry.session);
  state.ids.emplace(entry.session.address(), id);
  ++state.per_account[entry.account];
  return state.guests.emplace(id, std::move(entry)).first->second.session;
}

result<agent_admitted> admit(reception_self self, const greet_agent& ask, const key_owner& who) {
  auto& state = self->state;
  if (state.is_full())
    return fail(errc::too_busy, "this node has too many agents");
  auto known = state.per_account.find(who.account);
  if (known != state.per_account.end() && known->second >= state.settings.sessions_per_account_max)
    return fail(errc::too_busy, "this account has too many agents");
  auto id = unused_id(state);
  auto token = random_token(state.outside);
  open_session(self,
               {id, who.account, who.key, state.outside.sha256(token), ask.agent, ask.address});
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

void resume(reception_self self, const guest& there, greet_agent ask, admitted_promise promise) {
  self->request(there.session, self->state.settings.store_timeout, resume_session{ask.token_hash})
    .then([promise](const agent_admitted& back) mutable { promise.deliver(back); },
          [self, ask = std::move(ask), promise](caf::error& why) mutable {
            // One lane too many is no reason to open a second session.
            if (to_failure(why).code == errc::lane_limit)
              promise.deliver(std::move(why));
            else
              greet_by_key(self, std::move(ask), promise);
          });
}

// The session stays where it is.
result<agent_admitted> admit_companion(reception_self self, const remote_session& there) {
  auto& state = self->state;
  if (!there.is_reachable)
    return fail(errc::control_unavailable, "the session's edge cannot be reached");
  auto known = state.companions.find(there.record.session);
  if (known == state.companions.end() && state.is_full())
    return fail(errc::too_busy, "this node has too many agents");
  auto& entry = state.companions[there.record.session];
  if (entry.lanes >= state.settings.session.lanes_max)
    return fail(errc::lane_limit);
  entry.account = there.record.account;
  entry.looks_without_lanes = 0;
  return agent_admitted{there.record.session, there.record.account, {}};
}

// Its former home has let it go, or cannot be asked: whatever that one still says is older than the
// leases that the session gets here. It was let in once, so that no key is looked at; a revoked one
// ends it here as everywhere. What its agent had here as a companion's lanes is its own now.
void settle_here(reception_self self, const session_record& record) {
  auto& state = self->state;
  auto waiting = std::move(state.moving.extract(record.session).mapped());
  auto lanes = std::uint32_t{0};
  if (auto former = state.companions.extract(record.session))
    lanes = former.mapped().lanes;
  const auto& ask = waiting.front().ask;
  auto session = open_session(
    self, {record.session, record.account, record.key, record.token_hash, ask.agent, ask.address});
  auto& entry = state.guests.at(record.session);
  entry.lanes = lanes;
  self->send(session, lanes_changed{record.session, lanes});
  for (auto& each : waiting)
    resume(self, entry, std::move(each.ask), std::move(each.promise));
}

void begin_move(reception_self self, const session_record& record, greeting first) {
  auto& state = self->state;
  if (state.is_full() && !state.companions.contains(record.session)) {
    first.promise.deliver(make_caf_error(fail(errc::too_busy, "this node has too many agents")));
    return;
  }
  state.moving[record.session].push_back(std::move(first));
  self
    ->request(state.others.exchange, state.settings.exchange_timeout,
              move_here{record.session, record.token_hash})
    .then([self, record](const moved_here&) { settle_here(self, record); },
          [self, record](const caf::error&) { settle_here(self, record); });
}

void greet_from_elsewhere(reception_self self, const remote_session& there, greeting who) {
  auto& state = self->state;
  const auto& record = there.record;
  if (!same_secret(record.token_hash, who.ask.token_hash))
    return greet_by_key(self, std::move(who.ask), std::move(who.promise));
  // Another lane may have brought it here while the exchange was asked.
  if (auto known = state.guests.find(record.session); known != state.guests.end())
    return resume(self, known->second, std::move(who.ask), std::move(who.promise));
  if (auto moving = state.moving.find(record.session); moving != state.moving.end())
    return moving->second.push_back(std::move(who));
  if (who.ask.purpose == lane_purpose::companion) {
    auto admitted = admit_companion(self, there);
    if (admitted)
      who.promise.deliver(std::move(*admitted));
    else
      who.promise.deliver(make_caf_error(admitted.error()));
    return;
  }
  begin_move(self, record, std::move(who));
}

void not_found_elsewhere(reception_self self, const failure& why, greeting who) {
  // Not knowing is no reason to send it away: its home may be found in a moment.
  if (who.ask.purpose == lane_purpose::companion && why.code != errc::resume_refused)
    who.promise.deliver(make_caf_error(why));
  else
    greet_by_key(self, std::move(who.ask), std::move(who.promise));
}

void look_elsewhere(reception_self self, greeting who) {
  auto& state = self->state;
  self
    ->request(state.others.exchange, state.settings.exchange_timeout,
              find_remote_session{who.ask.session})
    .then([self, who](const remote_session& there) { greet_from_elsewhere(self, there, who); },
          [self, who](const caf::error& why) { not_found_elsewhere(self, to_failure(why), who); });
}

void greet(reception_self self, const greet_agent& ask, admitted_promise promise) {
  auto& state = self->state;
  if (ask.token_hash.empty())
    return greet_by_key(self, ask, std::move(promise));
  if (auto known = state.guests.find(ask.session); known != state.guests.end())
    return resume(self, known->second, ask, std::move(promise));
  if (state.stands_alone() || ask.session == session_id{})
    return greet_by_key(self, ask, std::move(promise));
  look_elsewhere(self, {ask, std::move(promise)});
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
  auto& state = self->state;
  if (auto known = state.guests.find(news.session); known != state.guests.end()) {
    known->second.lanes = news.lanes;
    self->send(known->second.session, news);
  } else if (auto other = state.companions.find(news.session); other != state.companions.end()) {
    other->second.lanes = news.lanes;
    other->second.looks_without_lanes = 0;
    self->send(state.others.exchange, tell_home{{news.session, news.lanes}});
  } else if (news.lanes > 0) {
    send_away(self, news.session);
  }
}

caf::result<endpoint_bound> bind(reception_self self, const bind_endpoint& ask) {
  auto known = self->state.guests.find(ask.session);
  if (known != self->state.guests.end())
    return self->delegate(known->second.session, ask);
  if (self->state.companions.contains(ask.session))
    return make_caf_error(fail(errc::control_unavailable, "the session lives on another edge"));
  send_away(self, ask.session);
  return make_caf_error(fail(errc::resume_refused, "the session is over"));
}

void forget_guest(reception_state& state, session_id session) {
  auto entry = state.guests.extract(session);
  auto count = state.per_account.find(entry.mapped().account);
  if (--count->second == 0)
    state.per_account.erase(count);
  state.ids.erase(entry.mapped().session.address());
}

// It lives elsewhere now. Lanes that its agent keeps here are a companion's from now on, and its
// new home hears of them.
void has_left(reception_self self, session_id session) {
  auto& state = self->state;
  auto known = state.guests.find(session);
  if (known == state.guests.end())
    return;
  companion left{.account = known->second.account, .lanes = known->second.lanes};
  self->demonitor(known->second.session.address());
  forget_guest(state, session);
  if (left.lanes == 0)
    return;
  state.companions.insert_or_assign(session, left);
  self->send(state.others.exchange, tell_home{{session, left.lanes}});
}

caf::result<session_let_go> let_go(reception_self self, const session_moved& ask) {
  auto& state = self->state;
  auto known = state.guests.find(ask.session);
  if (known == state.guests.end())
    return make_caf_error(fail(errc::resume_refused));
  auto promise = self->make_response_promise<session_let_go>();
  self->request(known->second.session, state.settings.exchange_timeout, ask)
    .then(
      [self, promise](const session_let_go& gone) mutable {
        has_left(self, gone.session);
        promise.deliver(gone);
      },
      [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
  return promise;
}

void revoke(reception_self self, key_id key) {
  for (const auto& [id, guest] : self->state.guests)
    if (guest.key == key)
      self->send(guest.session, end_session{fail(errc::key_invalid, "the key was revoked")});
}

// One query for all; an answer that does not come ends nobody's session.
void check_all_keys(reception_self self) {
  auto& state = self->state;
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

void on_looked_after(reception_self self, session_id session, bool is_known) {
  auto& state = self->state;
  auto entry = state.companions.find(session);
  if (entry == state.companions.end())
    return;
  auto& unknown = entry->second.looks_unknown;
  unknown = is_known ? 0 : unknown + 1;
  if (unknown <= looks_unknown_max)
    return;
  if (auto gone = state.companions.extract(session); gone && gone.mapped().lanes > 0)
    send_away(self, session);
}

// A session that has ended tells nobody but its home. Some at a time: ten thousand are no burst.
void look_after_companions(reception_self self) {
  auto& state = self->state;
  auto next = state.companions.upper_bound(state.looked_at);
  for (std::size_t i = 0; i < companions_looked_at && next != state.companions.end(); ++i) {
    auto& [session, entry] = *next++;
    state.looked_at = session;
    if (entry.lanes == 0 && ++entry.looks_without_lanes > looks_without_lanes_max) {
      state.companions.erase(session);
      continue;
    }
    self
      ->request(state.others.exchange, state.settings.exchange_timeout,
                find_remote_session{session})
      .then(
        [self, session = session](const remote_session&) { on_looked_after(self, session, true); },
        [self, session = session](const caf::error& why) {
          on_looked_after(self, session, to_failure(why).code != errc::resume_refused);
        });
  }
  if (next == state.companions.end())
    state.looked_at = {};
}

void look_around(reception_self self) {
  self->delayed_send(self, self->state.settings.keys_checked_every, actors::look_around{});
  check_all_keys(self);
  look_after_companions(self);
}

void session_down(reception_self self, const caf::down_msg& news) {
  auto& state = self->state;
  auto known = state.ids.find(news.source);
  if (known == state.ids.end())
    return;
  auto id = known->second;
  forget_guest(state, id);
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
  self->delayed_send(self, settings.keys_checked_every, actors::look_around{});
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
    [self](const companion_changed& news) { pass_on(self, news); },
    [self](const session_moved& ask) { return let_go(self, ask); },
    [self](const key_revoked& news) { revoke(self, news.key); },
    [self](const repeat_tunnels& order) {
      for (const auto& [id, guest] : self->state.guests)
        self->send(guest.session, order);
    },
    [self](const actors::look_around&) { look_around(self); },
  };
}

} // namespace

reception_actor spawn_reception(caf::actor_system& system, store_actor store,
                                session_neighbours others, world outside,
                                reception_settings settings) {
  return system.spawn(reception, std::move(store), std::move(others), std::move(outside), settings);
}

} // namespace serverme::actors

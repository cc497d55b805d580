#include "tests/unit/actors/stand_ins.hpp"

#include <atomic>

namespace serverme::tests {

std::string digest_of(std::string_view text) { return "digest of " + std::string{text}; }

actors::world plain_world() {
  auto count = std::make_shared<std::atomic<std::uint64_t>>(0);
  return {.random = [count] { return ++*count; },
          .sha256 = [](std::string_view text) { return digest_of(text); },
          .wall_clock = [] { return wall_time{seconds{1'700'000'000}}; }};
}

void store_facts::add_key(const std::string& key, std::int64_t id, std::int64_t account,
                          account_role role) {
  keys[digest_of(key)] = {key_id{id}, account_id{account}, "account", role};
}

result<claimed> store_facts::decide(const claim& ask) {
  ++claims_asked;
  if (!owners.contains(ask.key) && owners.size() >= claims_max)
    return fail(errc::too_many_claims, "at most some");
  auto [owner, is_new] = owners.try_emplace(ask.key, ask.account);
  if (owner->second == ask.account)
    return claimed{ask.key};
  return fail(ask.key.name.empty() ? errc::port_taken : errc::name_taken);
}

key_owners store_facts::owners_of(const authenticate_keys& ask) const {
  key_owners all;
  for (const auto& hash : ask.key_hashes)
    if (auto known = keys.find(hash); known != keys.end())
      all.known.push_back({hash, known->second});
  return all;
}

namespace {

using facts_pointer = std::shared_ptr<store_facts>;
using store_self = actors::store_actor::pointer;

void answer_waiting(store_facts& facts) {
  for (auto& [ask, promise] : std::exchange(facts.waiting, {})) {
    auto outcome = facts.decide(ask);
    if (outcome)
      promise.deliver(*outcome);
    else
      promise.deliver(actors::make_caf_error(outcome.error()));
  }
  for (auto& [ask, promise] : std::exchange(facts.waiting_keys, {}))
    promise.deliver(facts.owners_of(ask));
}

/// The answer of a store in this mood.
template <class Reply, class Decide>
caf::result<Reply> in_mood(store_self self, const facts_pointer& facts, Decide decide) {
  switch (facts->now) {
    case store_facts::mood::answers: return actors::reply<Reply>(decide());
    case store_facts::mood::is_away:
      return actors::make_caf_error(fail(errc::database_unavailable));
    case store_facts::mood::is_silent: break;
  }
  return self->make_response_promise<Reply>();
}

actors::store_actor::behavior_type store(store_self self, facts_pointer facts) {
  return {
    [=](const authenticate_key& ask) {
      return in_mood<key_owner>(self, facts, [&]() -> result<key_owner> {
        auto known = facts->keys.find(ask.key_hash);
        if (known == facts->keys.end())
          return fail(errc::key_invalid);
        return known->second;
      });
    },
    [=](const authenticate_keys& ask) -> caf::result<key_owners> {
      facts->keys_asked.push_back(ask.key_hashes.size());
      if (facts->holds_keys_back) {
        auto promise = self->make_response_promise<key_owners>();
        facts->waiting_keys.emplace_back(ask, promise);
        return promise;
      }
      return in_mood<key_owners>(self, facts,
                                 [&]() -> result<key_owners> { return facts->owners_of(ask); });
    },
    [=](const check_keys& ask) {
      return in_mood<good_keys>(self, facts, [&]() -> result<good_keys> {
        good_keys good;
        for (const auto& [hash, owner] : facts->keys)
          if (std::find(ask.keys.begin(), ask.keys.end(), owner.key) != ask.keys.end())
            good.keys.push_back(owner.key);
        return good;
      });
    },
    [=](const claim& ask) -> caf::result<claimed> {
      if (facts->holds_claims_back) {
        auto promise = self->make_response_promise<claimed>();
        facts->waiting.emplace_back(ask, promise);
        return promise;
      }
      return in_mood<claimed>(self, facts, [&] { return facts->decide(ask); });
    },
    [=](const extend_claims& order) -> caf::result<void> {
      if (order.claims.empty())
        answer_waiting(*facts);
      facts->extensions.push_back(order.claims.size());
      facts->extended.insert(facts->extended.end(), order.claims.begin(), order.claims.end());
      if (facts->now == store_facts::mood::is_silent)
        return self->make_response_promise<void>();
      return caf::unit;
    },
    [](const reserve_name& ask) { return name_reserved{ask.name}; },
    [](const create_user&) { return user_created{}; },
    [](const create_key&) { return key_created{}; },
    [](const list_keys&) { return key_list{}; },
    [](const revoke_key& ask) { return key_revoked{ask.key}; },
    [](const probe_store&) { return store_ready{}; },
  };
}

} // namespace

actors::store_actor spawn_store(caf::actor_system& system, std::shared_ptr<store_facts> facts) {
  return system.spawn(store, std::move(facts));
}

void recording_edge::publish_routes(std::shared_ptr<const route_map> map) {
  std::lock_guard guard{mutex_};
  routes = std::move(map);
  ++publications;
}

void recording_edge::open_port(std::uint16_t port, std::function<void(result<done>)> reply) {
  auto is_open = [&] {
    std::lock_guard guard{mutex_};
    // As sockets are: what is open cannot be opened a second time.
    return !ports_of_others.contains(port) && open_ports.insert(port).second;
  }();
  if (is_open)
    reply(done{});
  else
    reply(fail(errc::port_taken));
}

void recording_edge::close_port(std::uint16_t port) {
  std::lock_guard guard{mutex_};
  open_ports.erase(port);
}

void recording_edge::close_session(session_id session, const lane::goaway& why) {
  std::lock_guard guard{mutex_};
  closed.emplace_back(session, why.code);
}

void recording_edge::drop_endpoint(session_id, const lane::unbind& what) {
  std::lock_guard guard{mutex_};
  dropped.push_back(what);
}

void recording_edge::replay(const route& where, const capture&, replay_reply reply) {
  std::lock_guard guard{mutex_};
  replays.emplace_back(where, std::move(reply));
}

std::unique_ptr<capture> exchange(endpoint_id endpoint, std::string method, std::string target,
                                  int status) {
  auto made = std::make_unique<capture>();
  made->endpoint = endpoint;
  made->method = std::move(method);
  made->target = std::move(target);
  made->status = status;
  return made;
}

} // namespace serverme::tests

#include "protocol/lease_book.hpp"

#include <algorithm>

namespace serverme {

namespace {

failure taken_by_another(const claim_key& key) {
  if (key.name.empty())
    return fail(errc::port_taken, "port " + std::to_string(key.port));
  return fail(errc::name_taken, "name " + key.name);
}

} // namespace

result<lease_book::taken> lease_book::take(const claim_key& key, const lease_holder& who,
                                           time_point now) {
  auto found = leases_.find(key);
  if (found == leases_.end())
    return taken{.what = enter(key, who, {next_.value++}, now)};
  auto& held = found->second;
  if (held.holder == who) {
    held.until = now + lease_time_;
    return taken{.what = {key, held.generation}};
  }
  if (now >= held.until) {
    remove(found);
    return taken{.what = enter(key, who, {next_.value++}, now)};
  }
  auto session = sessions_.find(held.holder.session);
  auto is_away = session != sessions_.end() && session->second.agent == presence::away;
  if (held.holder.account != who.account || !is_away)
    return taken_by_another(key);
  auto from = held.holder.session;
  remove(found);
  return taken{.what = enter(key, who, {next_.value++}, now), .from = from};
}

bool lease_book::renew(const lease_grant& what, const lease_holder& who, time_point now) {
  auto found = leases_.find(what.key);
  if (found == leases_.end()) {
    next_.value = std::max(next_.value, what.generation.value + 1);
    enter(what.key, who, what.generation, now);
    return true;
  }
  auto& held = found->second;
  if (held.holder != who || held.generation != what.generation)
    return false;
  held.until = now + lease_time_;
  return true;
}

void lease_book::set_presence(session_id session, presence agent) {
  // A session without leases has nothing that could be taken over.
  if (auto found = sessions_.find(session); found != sessions_.end())
    found->second.agent = agent;
}

bool lease_book::release(session_id session, const lease_grant& what) {
  auto found = leases_.find(what.key);
  if (found == leases_.end() || found->second.holder.session != session
      || found->second.generation != what.generation)
    return false;
  remove(found);
  return true;
}

std::vector<lease_book::ended> lease_book::forget(session_id session) {
  std::vector<ended> gone;
  auto entry = sessions_.find(session);
  if (entry == sessions_.end())
    return gone;
  auto keys = entry->second.keys; // remove() changes the list
  for (const auto& key : keys) {
    auto held = leases_.find(key);
    gone.push_back({key, held->second.holder});
    remove(held);
  }
  return gone;
}

std::vector<lease_book::ended> lease_book::expire(time_point now) {
  std::vector<ended> gone;
  for (auto entry = leases_.begin(); entry != leases_.end();) {
    if (now < entry->second.until) {
      ++entry;
      continue;
    }
    gone.push_back({entry->first, entry->second.holder});
    entry = remove(entry);
  }
  return gone;
}

const lease_book::lease* lease_book::find(const claim_key& key, time_point now) const noexcept {
  auto found = leases_.find(key);
  return found == leases_.end() || now >= found->second.until ? nullptr : &found->second;
}

std::vector<lease_book::ended> lease_book::all() const {
  std::vector<ended> everything;
  everything.reserve(leases_.size());
  for (const auto& [key, held] : leases_)
    everything.push_back({key, held.holder});
  return everything;
}

lease_grant lease_book::enter(const claim_key& key, const lease_holder& who, generation under,
                              time_point now) {
  leases_.insert_or_assign(key, lease{who, under, now + lease_time_});
  sessions_[who.session].keys.push_back(key);
  return {key, under};
}

lease_book::lease_map::iterator lease_book::remove(lease_map::iterator entry) {
  auto session = sessions_.find(entry->second.holder.session);
  std::erase(session->second.keys, entry->first);
  if (session->second.keys.empty())
    sessions_.erase(session);
  return leases_.erase(entry);
}

} // namespace serverme

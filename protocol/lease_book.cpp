#include "protocol/lease_book.hpp"

#include <algorithm>

namespace serverme {

namespace {

std::pair<session_id, std::uint64_t> place_of(const lease_holder& who) {
  return {who.session, who.edge};
}

failure taken_by_another(const claim_key& key) {
  if (key.name.empty())
    return fail(errc::port_taken, "port " + std::to_string(key.port));
  return fail(errc::name_taken, "name " + key.name);
}

// A newer one, of which a book that was restarted has not heard; or the same one, in the voice of
// an edge that was restarted.
bool is_learned(const lease_grant& what, const lease_holder& who, const lease_book::lease& held) {
  if (held.holder.account != who.account)
    return false;
  return what.generation > held.generation
         || (what.generation == held.generation && who.session == held.holder.session);
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
  auto session = sessions_.find(place_of(held.holder));
  auto is_away = session != sessions_.end() && session->second.agent == presence::away;
  auto has_moved = held.holder.session == who.session;
  if (held.holder.account != who.account || (!is_away && !has_moved))
    return taken_by_another(key);
  auto from = held.holder;
  remove(found);
  return taken{.what = enter(key, who, {next_.value++}, now), .from = from};
}

bool lease_book::renew(const lease_grant& what, const lease_holder& who, time_point now) {
  auto found = leases_.find(what.key);
  if (found != leases_.end()) {
    auto& held = found->second;
    if (held.holder == who && held.generation == what.generation) {
      held.until = now + lease_time_;
      return true;
    }
    if (!is_learned(what, who, held))
      return false;
    remove(found);
  }
  next_.value = std::max(next_.value, what.generation.value + 1);
  enter(what.key, who, what.generation, now);
  return true;
}

void lease_book::set_presence(session_id session, std::uint64_t edge, presence agent) {
  // A session without leases has nothing that could be taken over.
  if (auto found = sessions_.find({session, edge}); found != sessions_.end())
    found->second.agent = agent;
}

void lease_book::lose_edge(std::uint64_t edge) {
  for (auto& [place, entry] : sessions_)
    if (place.second == edge)
      entry.agent = presence::away;
}

bool lease_book::release(session_id session, const lease_grant& what) {
  auto found = leases_.find(what.key);
  if (found == leases_.end() || found->second.holder.session != session
      || found->second.generation != what.generation)
    return false;
  remove(found);
  return true;
}

std::vector<lease_book::ended> lease_book::forget(session_id session, std::uint64_t edge) {
  std::vector<ended> gone;
  auto entry = sessions_.find({session, edge});
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
  sessions_[place_of(who)].keys.push_back(key);
  return {key, under};
}

lease_book::lease_map::iterator lease_book::remove(lease_map::iterator entry) {
  auto session = sessions_.find(place_of(entry->second.holder));
  std::erase(session->second.keys, entry->first);
  if (session->second.keys.empty())
    sessions_.erase(session);
  return leases_.erase(entry);
}

} // namespace serverme

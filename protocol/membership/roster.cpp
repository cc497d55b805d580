#include "protocol/membership/roster.hpp"

#include "protocol/membership/dice.hpp"

namespace serverme::membership {

// Suspect and alive count alike: a suspicion is news for rumours, not a difference of tables.
std::uint64_t digest_of(const record& x) noexcept {
  return scramble(x.id.high ^ scramble(x.id.low ^ scramble(x.run ^ scramble(x.incarnation))));
}

member* roster::find(const node_id& id) noexcept {
  auto entry = members_.find(id);
  return entry == members_.end() ? nullptr : &entry->second;
}

const member* roster::find(const node_id& id) const noexcept {
  auto entry = members_.find(id);
  return entry == members_.end() ? nullptr : &entry->second;
}

member* roster::add(const record& x, time_point now, std::optional<node_id>& evicted) {
  if (members_.size() >= members_max_) {
    evicted = least_missed();
    if (!evicted)
      return nullptr;
    forget(*evicted);
  }
  auto& made = members_[x.id];
  made.what = x;
  made.since = now;
  count(x);
  return &made;
}

void roster::replace(member& known, const record& x, time_point now) {
  discount(known.what);
  if (known.what.state != x.state || known.what.run != x.run)
    known.since = now;
  auto about = std::move(known.what.about);
  auto started = known.what.started;
  known.what = x;
  if (!x.about) {
    known.what.about = std::move(about);
    known.what.started = started;
  }
  if (x.state != state::suspect) {
    known.what.accusers.clear();
    known.doubt.reset();
  }
  count(known.what);
}

void roster::forget(const node_id& id) {
  auto entry = members_.find(id);
  if (entry == members_.end())
    return;
  discount(entry->second.what);
  members_.erase(entry);
}

std::vector<node_id> roster::expired(const limits& bounds, time_point now) const {
  return select([&](const member& x) {
    if (x.what.state == state::dead)
      return now - x.since >= bounds.dead_kept;
    return x.what.state == state::left && now - x.since >= bounds.left_kept;
  });
}

std::vector<node_id> roster::select(const std::function<bool(const member&)>& wanted) const {
  std::vector<node_id> out;
  for (const auto& [id, x] : members_)
    if (wanted(x))
      out.push_back(id);
  return out;
}

void roster::count(const record& x) noexcept {
  if (!is_live(x.state))
    return;
  ++live_;
  digest_ ^= digest_of(x);
}

void roster::discount(const record& x) noexcept {
  if (!is_live(x.state))
    return;
  --live_;
  digest_ ^= digest_of(x);
}

std::optional<node_id> roster::least_missed() const {
  std::optional<node_id> out;
  time_point oldest = time_point::max();
  for (const auto& [id, x] : members_)
    if (!is_live(x.what.state) && x.since < oldest) {
      oldest = x.since;
      out = id;
    }
  return out;
}

} // namespace serverme::membership

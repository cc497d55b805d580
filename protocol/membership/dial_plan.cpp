#include "protocol/membership/dial_plan.hpp"

#include <utility>

namespace serverme::membership {

bool dial_plan::begin(const node_id& who, time_point now) {
  if (dials_ >= bounds_.dials_max)
    return false;
  auto& x = entries_.try_emplace(who, entry{.pauses = backoff{bounds_.pauses}}).first->second;
  if (x.is != standing::away || now < x.not_before)
    return false;
  x.is = standing::dialing;
  ++dials_;
  return true;
}

std::size_t dial_plan::keep(const node_id& who, byte_queue bytes) {
  auto found = entries_.find(who);
  if (found == entries_.end() || found->second.is == standing::away
      || bytes_ + bytes.size() > bounds_.bytes_max)
    return 1;
  auto& waiting = found->second.waiting;
  bytes_ += bytes.size();
  waiting.push_back(std::move(bytes));
  if (waiting.size() <= bounds_.messages_max)
    return 0;
  bytes_ -= waiting.front().size();
  waiting.pop_front();
  return 1;
}

std::deque<byte_queue> dial_plan::take(const node_id& who) {
  auto found = entries_.find(who);
  if (found == entries_.end())
    return {};
  for (const auto& each : found->second.waiting)
    bytes_ -= each.size();
  return std::exchange(found->second.waiting, {});
}

void dial_plan::on_connected(const node_id& who, time_point now) {
  auto& x = entries_.try_emplace(who, entry{.pauses = backoff{bounds_.pauses}}).first->second;
  if (x.is == standing::dialing)
    --dials_;
  if (x.is != standing::connected)
    x.since = now;
  x.is = standing::connected;
}

std::size_t dial_plan::on_failed(const node_id& who, time_point now, double random) {
  auto found = entries_.find(who);
  // Meanwhile it may have dialed itself.
  if (found == entries_.end() || found->second.is != standing::dialing)
    return 0;
  --dials_;
  pause(found->second, now, random);
  return drop(found->second);
}

std::size_t dial_plan::on_disconnected(const node_id& who, time_point now, double random) {
  auto found = entries_.find(who);
  if (found == entries_.end() || found->second.is != standing::connected)
    return 0;
  auto& x = found->second;
  x.pauses.on_lost(std::chrono::duration_cast<milliseconds>(now - x.since));
  pause(x, now, random);
  return drop(x);
}

std::size_t dial_plan::forget(const node_id& who) {
  auto found = entries_.find(who);
  // A connection tells its end itself, a dial its outcome.
  if (found == entries_.end() || found->second.is != standing::away)
    return 0;
  auto dropped = drop(found->second);
  entries_.erase(found);
  return dropped;
}

void dial_plan::pause(entry& x, time_point now, double random) {
  x.is = standing::away;
  x.not_before = now + x.pauses.on_failure(random);
}

std::size_t dial_plan::drop(entry& x) {
  for (const auto& each : x.waiting)
    bytes_ -= each.size();
  return std::exchange(x.waiting, {}).size();
}

} // namespace serverme::membership

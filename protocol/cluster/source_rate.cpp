#include "protocol/cluster/source_rate.hpp"

#include <algorithm>
#include <chrono>

namespace serverme {

double source_rate::tries_of(const bucket& it, time_point now) const {
  auto passed = std::chrono::duration<double>(now - it.since).count();
  return std::min(limits_.burst, it.tries + std::max(0.0, passed) * limits_.per_second);
}

void source_rate::make_room(time_point now) {
  if (buckets_.size() < limits_.sources_max)
    return;
  std::erase_if(buckets_, [&](const auto& each) {
    return tries_of(each.second, now) >= limits_.burst; // as good as forgotten
  });
  if (buckets_.size() >= limits_.sources_max)
    buckets_.clear();
}

bool source_rate::take(const std::string& source, time_point now) {
  auto known = buckets_.find(source);
  if (known == buckets_.end()) {
    make_room(now);
    known = buckets_.emplace(source, bucket{limits_.burst, now}).first;
  }
  auto& it = known->second;
  it = {tries_of(it, now), now};
  if (it.tries < 1)
    return false;
  it.tries -= 1;
  return true;
}

} // namespace serverme

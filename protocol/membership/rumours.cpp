#include "protocol/membership/rumours.hpp"

#include <algorithm>
#include <utility>

namespace serverme::membership {

bool rumours::has_unsent() const noexcept {
  return std::ranges::any_of(sent_, [](const auto& entry) { return entry.second == 0; });
}

std::vector<node_id> rumours::in_order() const {
  std::vector<std::pair<std::size_t, node_id>> sorted;
  sorted.reserve(sent_.size());
  for (const auto& [about, times] : sent_)
    sorted.emplace_back(times, about);
  std::ranges::stable_sort(sorted, {}, &std::pair<std::size_t, node_id>::first);
  std::vector<node_id> out;
  out.reserve(sorted.size());
  for (const auto& [times, about] : sorted)
    out.push_back(about);
  return out;
}

void rumours::on_sent(const node_id& about, std::size_t times_max) {
  auto entry = sent_.find(about);
  if (entry != sent_.end() && ++entry->second >= times_max)
    sent_.erase(entry);
}

} // namespace serverme::membership

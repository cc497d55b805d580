#include "protocol/cluster/timeline.hpp"

#include <algorithm>

namespace serverme {

namespace {

bool is_same(const timeline_entry& known, const cluster_event& told) {
  const auto& first = known.what;
  if (first.kind != told.kind || first.about != told.about)
    return false;
  auto apart = first.when < told.when ? told.when - first.when : first.when - told.when;
  return apart <= noticed_within
         && std::ranges::find(known.seen_by, told.seen_by) == known.seen_by.end();
}

} // namespace

bool timeline::add(const cluster_event& what) {
  // From the newest on: what is much older is no candidate, and there may be thousands of those.
  for (auto known = entries_.rbegin(); known != entries_.rend(); ++known) {
    if (known->what.when + 2 * noticed_within < what.when)
      break;
    if (is_same(*known, what)) {
      known->seen_by.push_back(what.seen_by);
      return false;
    }
  }
  if (entries_.size() >= entries_max_)
    entries_.pop_front();
  entries_.push_back({what, {what.seen_by}});
  return true;
}

void timeline::forget_before(wall_time when) {
  std::erase_if(entries_, [&](const timeline_entry& each) { return each.what.when < when; });
}

std::vector<timeline_entry> merge_events(std::vector<cluster_event> all, std::size_t limit) {
  std::ranges::stable_sort(all, {}, [](const cluster_event& each) {
    return std::pair{each.when, std::pair{each.seen_by, each.number}};
  });
  timeline merged{all.size()};
  for (const auto& each : all)
    merged.add(each);
  const auto& entries = merged.entries();
  auto kept = std::min(limit, entries.size());
  return {entries.end() - static_cast<std::ptrdiff_t>(kept), entries.end()};
}

} // namespace serverme

#include "actors/watch/census.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <string_view>

namespace serverme::actors {

namespace {

// Taken when an actor begins or ends, and when somebody looks; never for a message.
std::mutex census_mutex;
vital_signs* newest = nullptr;

bool has_more_to_do(const busy_actor& left, const busy_actor& right) {
  return std::pair{left.queued, left.handled} > std::pair{right.queued, right.handled};
}

void keep_busiest(std::vector<busy_actor>& kept, busy_actor each, std::size_t kept_max) {
  if (kept.size() == kept_max && (kept_max == 0 || !has_more_to_do(each, kept.back())))
    return;
  if (kept.size() == kept_max)
    kept.pop_back();
  kept.insert(std::ranges::upper_bound(kept, each, has_more_to_do), std::move(each));
}

} // namespace

vital_signs::vital_signs(const caf::actor_system& system, const char* kind,
                         std::uint64_t number) noexcept
  : system_{&system}, kind_{kind}, number_{number} {
  std::lock_guard guard{census_mutex};
  next_ = newest;
  if (next_ != nullptr)
    next_->previous_ = this;
  newest = this;
}

vital_signs::~vital_signs() { leave_census(); }

void vital_signs::leave_census() noexcept {
  std::lock_guard guard{census_mutex};
  if (!std::exchange(is_counted_, false))
    return;
  if (next_ != nullptr)
    next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : newest) = next_;
}

actor_list take_census(const caf::actor_system& system, std::size_t busiest_max) {
  std::map<std::string_view, actor_crowd> crowds;
  actor_list out;
  {
    std::lock_guard guard{census_mutex};
    for (const auto* each = newest; each != nullptr; each = each->next_) {
      if (each->system_ != &system)
        continue;
      busy_actor now{each->kind_, each->number_, each->queued(), each->handled()};
      auto& crowd = crowds[each->kind_];
      ++crowd.count;
      crowd.queued += now.queued;
      crowd.handled += now.handled;
      keep_busiest(out.busiest, std::move(now), busiest_max);
    }
  }
  for (auto& [kind, crowd] : crowds) {
    crowd.kind = kind;
    out.crowds.push_back(std::move(crowd));
  }
  return out;
}

std::uint64_t count_of(const actor_list& list, std::string_view kind) {
  auto found = std::ranges::find(list.crowds, kind, &actor_crowd::kind);
  return found == list.crowds.end() ? 0 : found->count;
}

} // namespace serverme::actors

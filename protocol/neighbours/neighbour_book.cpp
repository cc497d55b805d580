#include "protocol/neighbours/neighbour_book.hpp"

#include <algorithm>
#include <utility>

namespace serverme::neighbours {

neighbour_book::neighbour& neighbour_book::known(node_id home) {
  return neighbours_.try_emplace(home, neighbour{.told = told_news{limits_.told}}).first->second;
}

void neighbour_book::link_up(node_id home) {
  auto& there = known(home);
  there.is_reachable = true;
  there.told.on_new_teller();
}

void neighbour_book::link_back(node_id home) { known(home).is_reachable = true; }

void neighbour_book::link_down(node_id home, time_point now) {
  auto found = neighbours_.find(home);
  if (found == neighbours_.end() || !found->second.is_reachable)
    return;
  found->second.is_reachable = false;
  found->second.lost_at = now;
}

void neighbour_book::remember(node_id home, time_point now) {
  if (!neighbours_.contains(home))
    known(home).lost_at = now;
}

neighbour_book::heard neighbour_book::take(node_id home, edge_news news) {
  auto& there = known(home);
  auto changes = there.told.take(std::move(news));
  index(home, changes);
  return {there.told.position(), std::move(changes)};
}

void neighbour_book::index(node_id home, const told_changes& changes) {
  for (auto session : changes.sessions) {
    auto& homes = homes_[session];
    std::erase(homes, home);
    homes.push_back(home);
  }
  for (auto session : changes.sessions_gone)
    forget(home, session);
  for (auto endpoint : changes.routes)
    endpoints_.insert_or_assign(endpoint, home);
  for (auto endpoint : changes.routes_gone)
    if (auto found = endpoints_.find(endpoint); found != endpoints_.end() && found->second == home)
      endpoints_.erase(found);
}

void neighbour_book::forget(node_id home, session_id session) {
  auto found = homes_.find(session);
  if (found == homes_.end())
    return;
  std::erase(found->second, home);
  if (found->second.empty())
    homes_.erase(found);
}

std::vector<node_id> neighbour_book::expire(time_point now) {
  std::vector<node_id> over;
  for (const auto& [home, there] : neighbours_)
    if (!there.is_reachable && now - there.lost_at >= limits_.kept_for)
      over.push_back(home);
  for (const auto& home : over) {
    auto gone = neighbours_.extract(home);
    for (const auto& [session, told] : gone.mapped().told.sessions())
      forget(home, session);
    std::erase_if(endpoints_, [&home](const auto& each) { return each.second == home; });
  }
  return over;
}

std::pair<bool, bool> neighbour_book::standing(node_id home, session_id session) const {
  const auto* told = told_by(home);
  const auto* record = told == nullptr ? nullptr : told->find(session);
  return {is_reachable(home), record != nullptr && std::ranges::count(record->lanes_at, home) > 0};
}

std::optional<remote_place> neighbour_book::find(session_id session) const {
  auto found = homes_.find(session);
  if (found == homes_.end())
    return std::nullopt;
  auto home = found->second.front();
  for (const auto& each : found->second)
    if (standing(each, session) >= standing(home, session))
      home = each;
  const auto* told = told_by(home);
  const auto* record = told == nullptr ? nullptr : told->find(session);
  if (record == nullptr)
    return std::nullopt;
  return remote_place{record, home, is_reachable(home)};
}

std::optional<node_id> neighbour_book::home_of(endpoint_id endpoint) const {
  auto found = endpoints_.find(endpoint);
  return found == endpoints_.end() ? std::nullopt : std::optional{found->second};
}

const told_news* neighbour_book::told_by(node_id home) const {
  auto found = neighbours_.find(home);
  return found == neighbours_.end() ? nullptr : &found->second.told;
}

std::vector<node_id> neighbour_book::homes() const {
  std::vector<node_id> all;
  for (const auto& [home, there] : neighbours_)
    all.push_back(home);
  return all;
}

bool neighbour_book::is_reachable(node_id home) const {
  auto found = neighbours_.find(home);
  return found != neighbours_.end() && found->second.is_reachable;
}

// An edge that is lost to us may still have a lane that works: it comes last.
std::vector<node_id> neighbour_book::in_order(const std::vector<node_id>& edges) const {
  std::vector<node_id> others;
  for (const auto& edge : edges)
    if (edge != self_ && std::ranges::count(others, edge) == 0)
      others.push_back(edge);
  std::ranges::stable_partition(others, [this](const node_id& edge) { return is_reachable(edge); });
  return others;
}

std::shared_ptr<const session_places> neighbour_book::places_of(node_id home,
                                                                session_id session) const {
  const auto* told = told_by(home);
  const auto* record = told == nullptr ? nullptr : told->find(session);
  auto others = record == nullptr ? std::vector{home} : in_order(record->lanes_at);
  return std::make_shared<const session_places>(session_places{home, std::move(others)});
}

std::shared_ptr<const session_places>
neighbour_book::places_of_own(const session_record& record) const {
  auto others = in_order(record.lanes_at);
  if (others.empty())
    return nullptr;
  return std::make_shared<const session_places>(session_places{{}, std::move(others)});
}

std::vector<session_id> neighbour_book::sessions_at(node_id home, node_id edge) const {
  std::vector<session_id> some;
  if (const auto* told = told_by(home))
    for (const auto& [session, each] : told->sessions())
      if (home == edge || std::ranges::count(each.value.lanes_at, edge) > 0)
        some.push_back(session);
  return some;
}

} // namespace serverme::neighbours

#include "protocol/neighbours/route_book.hpp"

#include <algorithm>
#include <utility>

namespace serverme::neighbours {

namespace {

bool is_equal(const std::shared_ptr<const session_places>& a,
              const std::shared_ptr<const session_places>& b) {
  return a == b || (a && b && *a == *b);
}

} // namespace

// One for each edge at most. Among equals of others the choice is the same everywhere.
const route_book::rival* route_book::best_of(const std::vector<rival>& rivals) {
  auto is_better = [](const rival& a, const rival& b) {
    if (a.generation != b.generation)
      return a.generation > b.generation;
    return a.home < b.home; // this edge's own is the smallest
  };
  const rival* best = nullptr;
  for (const auto& each : rivals)
    if (best == nullptr || is_better(each, *best))
      best = &each;
  return best;
}

std::optional<endpoint_id> route_book::put(const node_id& home, route entry) {
  entry.places = nullptr;
  auto where = key_of(entry);
  std::optional<endpoint_id> former;
  if (auto rivals = rivals_.find(where); rivals != rivals_.end())
    for (const auto& each : rivals->second) {
      if (each.home != home || each.endpoint == entry.endpoint)
        continue;
      if (each.generation > entry.generation)
        return std::nullopt;
      former = each.endpoint;
    }
  if (former)
    remove(home, *former);
  auto& edge = edges_[home];
  if (auto known = edge.routes.find(entry.endpoint); known != edge.routes.end()) {
    if (known->second == entry)
      return former;
    unlink(home, edge, known->second);
  }
  rivals_[where].push_back({home, entry.endpoint, entry.generation});
  edge.sessions[entry.session].endpoints.push_back(entry.endpoint);
  edge.routes.insert_or_assign(entry.endpoint, std::move(entry));
  changed_.insert(std::move(where));
  return former;
}

// Leaves the route itself in place, and the session while it has places.
void route_book::unlink(const node_id& home, edge_entry& edge, const route& entry) {
  auto where = key_of(entry);
  auto rivals = rivals_.find(where);
  std::erase_if(rivals->second, [&](const rival& each) {
    return each.home == home && each.endpoint == entry.endpoint;
  });
  if (rivals->second.empty())
    rivals_.erase(rivals);
  auto session = edge.sessions.find(entry.session);
  std::erase(session->second.endpoints, entry.endpoint);
  if (session->second.endpoints.empty() && !session->second.places)
    edge.sessions.erase(session);
  changed_.insert(std::move(where));
}

bool route_book::remove(const node_id& home, endpoint_id endpoint) {
  auto edge = edges_.find(home);
  if (edge == edges_.end())
    return false;
  auto known = edge->second.routes.find(endpoint);
  if (known == edge->second.routes.end())
    return false;
  unlink(home, edge->second, known->second);
  edge->second.routes.erase(known);
  return true;
}

void route_book::place(const node_id& home, placed_session where) {
  auto& edge = edges_[home];
  auto& session = edge.sessions[where.session];
  if (!is_equal(session.places, where.places))
    for (auto endpoint : session.endpoints)
      changed_.insert(key_of(edge.routes.at(endpoint)));
  session.places = std::move(where.places);
  if (!session.places && session.endpoints.empty())
    edge.sessions.erase(where.session);
}

void route_book::replace(const node_id& home, std::vector<route> routes,
                         std::vector<placed_session> places) {
  std::unordered_set<endpoint_id> kept;
  for (const auto& each : routes)
    kept.insert(each.endpoint);
  std::unordered_set<session_id> placed_now;
  for (const auto& each : places)
    placed_now.insert(each.session);
  std::vector<endpoint_id> gone;
  std::vector<session_id> unplaced;
  if (auto edge = edges_.find(home); edge != edges_.end()) {
    for (const auto& [endpoint, entry] : edge->second.routes)
      if (!kept.contains(endpoint))
        gone.push_back(endpoint);
    for (const auto& [session, entry] : edge->second.sessions)
      if (entry.places && !placed_now.contains(session))
        unplaced.push_back(session);
  }
  for (auto endpoint : gone)
    remove(home, endpoint);
  for (auto session : unplaced)
    place(home, {session, nullptr});
  for (auto& each : places)
    place(home, std::move(each));
  for (auto& each : routes)
    put(home, std::move(each));
}

void route_book::forget(const node_id& home) {
  replace(home, {}, {});
  edges_.erase(home);
}

route route_book::placed(const node_id& home, const edge_entry& edge, const route& entry) const {
  auto out = entry;
  if (auto session = edge.sessions.find(entry.session); session != edge.sessions.end())
    out.places = session->second.places;
  if (!out.places && home != own_edge)
    out.places = std::make_shared<const session_places>(session_places{home, {home}});
  return out;
}

std::optional<route> route_book::find(const node_id& home, endpoint_id endpoint) const {
  auto edge = edges_.find(home);
  if (edge == edges_.end())
    return std::nullopt;
  auto known = edge->second.routes.find(endpoint);
  if (known == edge->second.routes.end())
    return std::nullopt;
  return placed(home, edge->second, known->second);
}

const route* route_book::serving(const route_key& where) const {
  auto rivals = rivals_.find(where);
  if (rivals == rivals_.end())
    return nullptr;
  const auto* best = best_of(rivals->second);
  return &edges_.at(best->home).routes.at(best->endpoint);
}

std::vector<route> route_book::all(const node_id& home) const {
  std::vector<route> out;
  if (auto edge = edges_.find(home); edge != edges_.end())
    for (const auto& [endpoint, entry] : edge->second.routes)
      out.push_back(placed(home, edge->second, entry));
  return out;
}

std::vector<node_id> route_book::homes() const {
  std::vector<node_id> out;
  for (const auto& [home, edge] : edges_)
    if (home != own_edge && !edge.routes.empty())
      out.push_back(home);
  return out;
}

std::vector<route_change> route_book::take_changes() {
  std::vector<route_change> out;
  out.reserve(changed_.size());
  for (const auto& where : std::exchange(changed_, {})) {
    route_change change{.where = where, .now = nullptr};
    if (auto rivals = rivals_.find(where); rivals != rivals_.end()) {
      const auto* best = best_of(rivals->second);
      const auto& edge = edges_.at(best->home);
      change.now
        = std::make_shared<const route>(placed(best->home, edge, edge.routes.at(best->endpoint)));
    }
    out.push_back(std::move(change));
  }
  return out;
}

} // namespace serverme::neighbours

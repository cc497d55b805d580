// Who may serve each name: the routes of this edge's sessions and those that other edges told, and
// which of them is the one (docs/adr/0015).
//
// The newest generation serves; of equal ones, this edge's own. When it goes, the next best does.
// Changes gather until somebody takes them, so that a thousand at once are one new map.
#pragma once

#include "protocol/route_map.hpp"

#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace serverme::neighbours {

/// Whose route it is: nobody's id means this edge's own.
inline constexpr node_id own_edge{};

/// Where the lanes of a session are, as its routes say it.
struct placed_session {
  session_id session;
  std::shared_ptr<const session_places> places; // nullptr: on its home only
};

class route_book {
public:
  /// Replaces the route of that endpoint, and what the same edge had there under another one; the
  /// latter unless that is of a newer generation. Places in it do not count: they are the
  /// session's.
  /// @returns the endpoint that is gone now
  std::optional<endpoint_id> put(const node_id& home, route entry);
  /// @returns whether there was one
  bool remove(const node_id& home, endpoint_id endpoint);
  /// nullptr: on its home only, which is also what holds before anything was said.
  void place(const node_id& home, placed_session where);
  /// Puts and places these, and removes every other one of that edge.
  void replace(const node_id& home, std::vector<route> routes, std::vector<placed_session> places);
  void forget(const node_id& home);

  /// With its places; nothing: it is not known. Whether it serves is not asked.
  std::optional<route> find(const node_id& home, endpoint_id endpoint) const;
  /// Who serves it; nullptr: nobody. Good until the next change; its places are not filled in.
  const route* serving(const route_key& where) const;
  bool has(const route_key& where) const { return rivals_.contains(where); }
  /// All of one edge, with their places.
  std::vector<route> all(const node_id& home) const;
  /// Other edges of which there is a route.
  std::vector<node_id> homes() const;

  bool has_changes() const noexcept { return !changed_.empty(); }
  /// What serves now where something changed since the last time.
  std::vector<route_change> take_changes();

private:
  struct rival {
    node_id home;
    endpoint_id endpoint;
    serverme::generation generation;
  };
  struct session_entry {
    std::shared_ptr<const session_places> places;
    std::vector<endpoint_id> endpoints;
  };
  struct edge_entry {
    std::unordered_map<endpoint_id, route> routes;
    std::unordered_map<session_id, session_entry> sessions;
  };

  static const rival* best_of(const std::vector<rival>& rivals);
  void unlink(const node_id& home, edge_entry& edge, const route& entry);
  route placed(const node_id& home, const edge_entry& edge, const route& entry) const;

  std::unordered_map<node_id, edge_entry> edges_;
  std::unordered_map<route_key, std::vector<rival>> rivals_;
  std::unordered_set<route_key> changed_;
};

} // namespace serverme::neighbours

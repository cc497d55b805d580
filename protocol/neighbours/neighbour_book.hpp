// What is known of all other edges: whose session is where, by which way it is reached, and how
// long what a lost edge told is kept (docs/adr/0015).
#pragma once

#include "protocol/neighbours/told_news.hpp"
#include "protocol/time.hpp"

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace serverme::neighbours {

struct book_limits {
  /// What an edge told that cannot be reached: the time of a lease (protocol/lease_book.hpp). After
  /// that its names may be anybody's.
  milliseconds kept_for{30'000};
  told_limits told;
};

/// A session whose home is another edge.
struct remote_place {
  const session_record* record = nullptr; // good until the next change
  node_id home;
  bool is_reachable = false;
};

class neighbour_book {
public:
  explicit neighbour_book(node_id self, book_limits limits = {}) : self_{self}, limits_{limits} {}

  /// Another edge, or another one of its actors, is there to be heard: it begins anew.
  void link_up(node_id home);
  /// The same one as before, after all.
  void link_back(node_id home);
  void link_down(node_id home, time_point now);
  /// Somebody else knows of routes of this edge: they count as its last words, unless it speaks.
  void remember(node_id home, time_point now);

  struct heard {
    edge_news_taken answer;
    told_changes changes;
  };
  /// @pre link_up(home)
  heard take(node_id home, edge_news news);

  /// Edges that were lost for so long that nothing is kept of them any more.
  std::vector<node_id> expire(time_point now);

  /// While it moves two edges may tell it: one that is reachable comes first, then one that has
  /// lanes of it itself, then the one that told it last.
  std::optional<remote_place> find(session_id session) const;
  /// Of a route; nothing: no other edge has told it.
  std::optional<node_id> home_of(endpoint_id endpoint) const;
  /// nullptr: nothing is known of that edge.
  const told_news* told_by(node_id home) const;
  std::vector<node_id> homes() const;
  bool is_reachable(node_id home) const;

  /// Where visitors of this edge reach a session of `home`, or one of this edge's own. nullptr: by
  /// this edge's own lanes only.
  std::shared_ptr<const session_places> places_of(node_id home, session_id session) const;
  std::shared_ptr<const session_places> places_of_own(const session_record& record) const;
  /// Sessions of `home` that have lanes at `edge`, or are all of `edge`'s own.
  std::vector<session_id> sessions_at(node_id home, node_id edge) const;

private:
  struct neighbour {
    told_news told;
    bool is_reachable = false;
    time_point lost_at{};
  };

  neighbour& known(node_id home);
  void index(node_id home, const told_changes& changes);
  void forget(node_id home, session_id session);
  std::pair<bool, bool> standing(node_id home, session_id session) const;
  std::vector<node_id> in_order(const std::vector<node_id>& edges) const;

  node_id self_;
  book_limits limits_;
  std::map<node_id, neighbour> neighbours_;
  /// Who tells it, the last one last.
  std::unordered_map<session_id, std::vector<node_id>> homes_;
  std::unordered_map<endpoint_id, node_id> endpoints_;
};

} // namespace serverme::neighbours

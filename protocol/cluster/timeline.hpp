// One timeline of what many nodes have seen: a death that all of them notice happened once.
#pragma once

#include "protocol/messages/cluster_events.hpp"

#include <deque>
#include <vector>

namespace serverme {

struct timeline_entry {
  /// As the first of them saw it.
  cluster_event what;
  /// All who have told of it, in that order.
  std::vector<node_id> seen_by;
};

/// Nodes notice the same thing within so long of each other: longer than a suspicion takes to
/// spread, and clocks to differ.
inline constexpr seconds noticed_within{10};

/// Keeps what was told for as long as somebody else may tell it too. Bounded by that, and by
/// entries_max.
class timeline {
public:
  explicit timeline(std::size_t entries_max = 4'000) : entries_max_{entries_max} {}

  /// @returns whether nobody had told of it before. What a node tells twice it saw twice.
  bool add(const cluster_event& what);

  const std::deque<timeline_entry>& entries() const noexcept { return entries_; }

  /// What is older than that is not told again by anybody.
  void forget_before(wall_time when);

private:
  std::size_t entries_max_;
  std::deque<timeline_entry> entries_; // in the order of add()
};

/// In the order of time; the newest `limit`.
std::vector<timeline_entry> merge_events(std::vector<cluster_event> all, std::size_t limit);

} // namespace serverme

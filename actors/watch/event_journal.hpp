// What has happened on this node and what it has seen of others: the last thousand events, in
// memory. Not an actor: things happen on threads of all kinds, also while actors are stuck.
#pragma once

#include "protocol/messages/cluster_events.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

namespace serverme::actors {

/// Every function may be called from any thread.
class event_journal {
public:
  /// `self`: none for a server that stands alone. `wall_clock`: see actors::world.
  event_journal(node_id self, std::function<wall_time()> wall_clock,
                std::size_t events_max = list_events::events_max);

  /// Something happened to this node.
  void note(timeline_kind what, std::string detail);
  /// Something was seen to happen to that one.
  void note(timeline_kind what, node_id about, std::string name, std::string detail);

  event_list answer(const list_events& ask) const;

private:
  const node_id self_;
  const std::function<wall_time()> wall_clock_;
  const std::size_t events_max_;
  const std::uint64_t life_; // when it began: another one in the node's next life
  mutable std::mutex mutex_;
  std::deque<cluster_event> events_;
  std::uint64_t last_ = 0;
};

} // namespace serverme::actors

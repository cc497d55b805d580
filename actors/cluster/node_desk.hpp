// NODE DESK: what a node says of itself: its vital facts, its actors, what has happened.
//
// Owned by  the node's watch post, which offers it to other nodes as node_desk_service.
// Owns      nothing: asks the supervisors, the census and the journal, which live on without it.
// Fails     not on a supervisor that does not answer: that is what it tells then. Answers are
//           bounded, however many sessions there are: kinds as numbers, and the busiest one by one.
#pragma once

#include "actors/supervisor.hpp"
#include "actors/watch/event_journal.hpp"
#include "protocol/messages/node_reports.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace serverme::actors {

/// Its name at every gateway.
inline constexpr auto node_desk_service = "node_desk";

/// As anybody in the cluster may ask it.
using node_desk_actor
  = caf::typed_actor<answers<describe_node, node_report>, answers<list_actors, actor_list>,
                     answers<list_events, event_list>>;

struct node_desk_options {
  std::vector<supervisor_actor> supervisors;
  std::shared_ptr<event_journal> journal;
  /// All of a report but what the desk counts itself: sessions, actors and who ails. Called on one
  /// of CAF's threads; returns at once.
  std::function<node_report()> describe = [] { return node_report{}; };
  std::size_t busiest_max = 20;
  /// Of a supervisor; shorter than the cluster overview waits for the desk.
  milliseconds answer_within{1'000};
};

/// @pre options.journal
node_desk_actor spawn_node_desk(caf::actor_system& system, node_desk_options options);

} // namespace serverme::actors

// The tree of actors of a control node: who starts whom, and how it ends.
//
//   supervisor -- store             on a thread of its own
//              -- name_registry
//
// Edges reach both through doors that stay good while the supervisor starts an actor again.
#pragma once

#include "actors/front_door.hpp"
#include "actors/name_registry.hpp"
#include "actors/supervisor.hpp"

#include <functional>

namespace serverme::actors {

struct control_doors {
  front_door store;
  front_door names;
};

struct control_actor_settings {
  /// Starts the store: actors know no database.
  std::function<caf::actor()> start_store;
  registry_settings names;
  /// Called when the registry has lost its memory: whoever holds leases says so again.
  std::function<void()> names_restarted = [] {};
  restart_policy restarts;
  /// See supervisor_report.
  std::function<void(const child_failure&)> on_child_failed = [](const child_failure&) {};
};

class control_actors {
public:
  /// Starts them, on CAF's threads, behind these doors. The system outlives this object.
  control_actors(caf::actor_system& system, control_doors doors, const world& outside,
                 control_actor_settings settings);
  ~control_actors();
  control_actors(const control_actors&) = delete;
  control_actors& operator=(const control_actors&) = delete;

  /// Blocks until they have started. Before that, questions to them are control_unavailable.
  result<done> await_start(milliseconds patience) const;

  const supervisor_actor& supervisor() const noexcept { return supervisor_; }

  /// Ends them, and closes the doors. Call it after the edge's tree. Idempotent.
  /// @returns false when they did not end in time: ~actor_system would wait for them without end
  bool stop(milliseconds patience);

private:
  caf::actor_system& system_;
  control_doors doors_;
  supervisor_actor supervisor_;
};

} // namespace serverme::actors

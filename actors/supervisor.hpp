// SUPERVISOR: starts actors, starts them again with back-off when they fail, and says how they are.
//
// Owned by  the node's main, or another supervisor.
// Owns      its children, which it stops newest first when it is told to exit, and their doors.
// Fails     gives up when a child fails too often in a row: then it stops all the others and quits
//           with an error, so that whoever owns it decides.
#pragma once

#include "actors/front_door.hpp"
#include "actors/messaging.hpp"
#include "protocol/messages/actor_views.hpp"
#include "protocol/time.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace serverme::actors {

/// A timer of the supervisor's own.
struct restart_child {
  std::uint64_t index = 0;
};

using supervisor_actor = caf::typed_actor<
  // How the children are.
  answers<list_actors, actor_list>,
  // Its own timer.
  takes<restart_child>>;

struct child_spec {
  std::string name;
  /// Called at the start and after each failure. One that throws counts as one that failed.
  std::function<caf::actor()> start;
  /// Where others reach the child, whatever its incarnation. Nothing: nobody has to.
  std::optional<front_door> door;
  /// Called after a restart: who feeds the child repeats itself.
  std::function<void()> restarted = [] {};
};

struct restart_policy {
  /// The first pause; each further one is twice as long, up to the ceiling.
  milliseconds first{50};
  milliseconds ceiling{5'000};
  /// A child that ran for so long had recovered: its next failure is a first one.
  milliseconds stable{60'000};
  /// So many failures in a row, and the supervisor gives up.
  std::uint64_t failures_max = 10;
};

struct child_failure {
  std::string group;
  std::string name;
  std::string why;
  /// It is not started again: all of the group end.
  bool is_given_up = false;
};

struct supervisor_report {
  /// What the children are called together: "edge", "control", ...
  std::string group;
  /// Called on one of CAF's threads.
  std::function<void(const child_failure&)> on_failed = [](const child_failure&) {};
};

supervisor_actor spawn_supervisor(caf::actor_system& system, std::vector<child_spec> children,
                                  restart_policy policy = {}, supervisor_report report = {});

/// `call` is called on one of CAF's threads when a child failed so often that all was given up: the
/// node cannot go on.
void on_failure(const supervisor_actor& whom, std::function<void(const failure&)> call);

/// Ends it and, before it, its children. Blocks: for main().
/// @returns false when they did not end in time: ~actor_system would wait for them without end
bool stop_and_wait(caf::actor_system& system, const supervisor_actor& whom, milliseconds patience);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::restart_child)

// What a node is as a control node: the store over its database, and the registry of names.
#pragma once

#include "actors/control_actors.hpp"
#include "nodes/control/database_settings.hpp"
#include "nodes/servermed/metrics/metrics_page.hpp"
#include "nodes/servermed/node_config.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace serverme::servermed {

struct control_part_options {
  /// The actors cannot go on.
  std::function<void(const failure&)> failed;
  /// One of them failed, and is started again.
  std::function<void(const actors::child_failure&)> on_child_failed
    = [](const actors::child_failure&) {};
  /// The registry has lost its memory.
  std::function<void()> names_restarted = [] {};
  /// Of the lead; 0: it has to be won.
  std::uint64_t first_term = 1;
};

class control_part {
public:
  /// Starts the actors behind `doors`. The system outlives this.
  control_part(caf::actor_system& system, const actors::control_doors& doors,
               const node_config& config, const control::database_settings& database,
               control_part_options options);

  /// @errors control_unavailable: they did not start in time
  result<done> await_start() const;
  const actors::supervisor_actor& supervisor() const noexcept { return tree_->supervisor(); }

  /// Whether the registry of this node is the one that decides. Alone it always is; in a cluster
  /// whoever wins and loses the lead says so here.
  const std::shared_ptr<actors::lead_position>& lead() const noexcept { return lead_; }

  /// From any thread.
  void append_counters(counter_list& to) const;
  void append_levels(std::vector<named_level>& to) const;

  /// After the actors of the edge. @returns false when they did not end in time: the actor system
  /// never would
  bool stop(milliseconds patience) { return tree_->stop(patience); }

private:
  using counter = std::shared_ptr<std::atomic<std::uint64_t>>;

  std::shared_ptr<actors::lead_position> lead_;
  counter refused_, claims_refused_;
  std::optional<actors::control_actors> tree_;
};

} // namespace serverme::servermed

// What has happened in a cluster, as its nodes remember it: the timeline that people read.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serverme {

/// Travels between nodes: never renumber one.
enum class timeline_kind : std::uint8_t {
  node_joined = 1,
  node_restarted = 2,
  /// It did not answer, and is given some time.
  node_suspected = 3,
  node_returned = 4,
  node_died = 5,
  node_left = 6,
  /// Removed, or gone for so long that nobody waits for it.
  node_forgotten = 7,
  /// Somebody came with this node's identity while it lives, and was refused.
  node_impersonated = 8,
  drain_began = 9,
  drain_ended = 10,
  leader_won = 11,
  leader_lost = 12,
  /// An actor ended with an error and is started again.
  actor_failed = 13,
  /// It failed too often: its node cannot go on.
  actor_given_up = 14,
  certificate_renewed = 15,
  node_started = 16,
};

/// "node_joined"; one of a later version: "unknown".
inline std::string_view to_string(timeline_kind kind) noexcept {
  constexpr std::string_view names[]
    = {"unknown",           "node_joined",  "node_restarted", "node_suspected",
       "node_returned",     "node_died",    "node_left",      "node_forgotten",
       "node_impersonated", "drain_began",  "drain_ended",    "leader_won",
       "leader_lost",       "actor_failed", "actor_given_up", "certificate_renewed",
       "node_started"};
  auto number = static_cast<std::size_t>(kind);
  return number < std::size(names) ? names[number] : names[0];
}

struct cluster_event {
  /// Of the node that saw it; counts up from 1 in each of its lives.
  std::uint64_t number = 0;
  /// By the clock of the node that saw it.
  wall_time when{};
  timeline_kind kind{};
  node_id seen_by;
  /// Whom it happened to: the node that saw it, or another one.
  node_id about;
  /// Its name, and what there is to say; for people.
  std::string name;
  std::string detail;

  friend bool operator==(const cluster_event&, const cluster_event&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, cluster_event& x) {
    return f(x.number, x.when, x.kind, x.seen_by, x.about, x.name, x.detail);
  }
};

/// Answered by event_list.
struct list_events {
  /// What is known already: up to this number in this life of the node. 0: nothing.
  std::uint64_t life = 0;
  std::uint64_t after = 0;
  /// Nothing from before.
  wall_time since{};
  /// The newest ones; at most events_max.
  std::uint32_t limit = 0;

  static constexpr std::uint32_t events_max = 1'000;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, list_events& x) {
    return f(x.life, x.after, x.since, x.limit);
  }
};

struct event_list {
  /// Another one: the node was started again, and counts anew.
  std::uint64_t life = 0;
  /// The number of its last event, wherever the list ends.
  std::uint64_t last = 0;
  /// Oldest first.
  std::vector<cluster_event> events;
  /// So many between `after` and the first of these are forgotten, or were left out.
  std::uint64_t missed = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, event_list& x) {
    return f(x.life, x.last, x.events, x.missed);
  }
};

} // namespace serverme

// What people see of the actors themselves: what runs, how often it was started again and why.
#pragma once

#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace serverme {

enum class actor_standing : std::uint8_t { running = 1, waiting_to_restart = 2, given_up = 3 };

/// One that is supervised.
struct actor_view {
  std::string name;
  actor_standing standing = actor_standing::running;
  std::uint64_t restarts = 0;
  /// Since the last start.
  milliseconds age{0};
  /// Why it ended the last time; empty: it never did.
  std::string last_error;
  /// Messages that wait, and messages done.
  std::uint64_t queued = 0;
  std::uint64_t handled = 0;
  /// What it is, as its code calls it; empty: unknown while it does not run.
  std::string kind;
  /// Whose child it is: "edge", "control", "links", ...
  std::string group;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, actor_view& x) {
    return f(x.name, x.standing, x.restarts, x.age, x.last_error, x.queued, x.handled, x.kind,
             x.group);
  }
};

/// All of a kind together: of some there are thousands.
struct actor_crowd {
  std::string kind;
  std::uint64_t count = 0;
  std::uint64_t queued = 0;
  std::uint64_t handled = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, actor_crowd& x) {
    return f(x.kind, x.count, x.queued, x.handled);
  }
};

/// One with much to do, supervised or not.
struct busy_actor {
  std::string kind;
  /// Of its node, while that runs.
  std::uint64_t number = 0;
  std::uint64_t queued = 0;
  std::uint64_t handled = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, busy_actor& x) {
    return f(x.kind, x.number, x.queued, x.handled);
  }
};

/// Answered by actor_list.
struct list_actors {
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, list_actors&) {
    return f();
  }
};

struct actor_list {
  std::vector<actor_view> actors;
  /// Of a whole node only: kinds in the order of their names, and those who have most to do.
  std::vector<actor_crowd> crowds;
  std::vector<busy_actor> busiest;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, actor_list& x) {
    return f(x.actors, x.crowds, x.busiest);
  }
};

} // namespace serverme

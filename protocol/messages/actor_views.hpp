// What people see of the actors themselves: what runs, how often it was started again and why.
#pragma once

#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace serverme {

enum class actor_standing : std::uint8_t { running = 1, waiting_to_restart = 2, given_up = 3 };

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

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, actor_view& x) {
    return f(x.name, x.standing, x.restarts, x.age, x.last_error, x.queued, x.handled);
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

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, actor_list& x) {
    return f(x.actors);
  }
};

} // namespace serverme

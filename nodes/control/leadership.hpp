// Which of several control nodes decides alone what only one may decide: the one whose connection
// to PostgreSQL holds an advisory lock. It goes to another when that connection ends, or is silent.
//
// Two may believe for a moment that they lead: a cut line is noticed here before the server lets go
// of the lock, but no clock is perfect. Hence the term: a number that grows with each holder and
// goes with all that he grants, so that the later one wins wherever both are heard.
#pragma once

#include "nodes/control/database_settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace serverme::control {

struct leadership_settings {
  database_settings database;
  /// Between looks at the lock, or attempts at it: what a change takes, and a query each.
  milliseconds look_every{500};
  /// A holder that does not look for so long loses the lock: one that was stopped with SIGSTOP,
  /// whose system still answers for it. PostgreSQL 14 and later.
  milliseconds silence_max{3'000};
};

/// Called on the thread of the leadership; the two take turns.
struct leadership_events {
  std::function<void(std::uint64_t term)> won = [](std::uint64_t) {};
  std::function<void()> lost = [] {};
  /// The database can be asked from this node, whether it leads or not; or not any more.
  std::function<void()> database_found = [] {};
  std::function<void()> database_lost = [] {};
};

class leadership {
public:
  /// Starts a thread that blocks for the database, never for anybody else.
  leadership(leadership_settings settings, leadership_events events);
  /// Lets go of the lock, so that another has it at once; `lost` is called before that if it was
  /// held.
  ~leadership();
  leadership(const leadership&) = delete;
  leadership& operator=(const leadership&) = delete;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serverme::control

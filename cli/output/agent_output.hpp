// Shows what an agent does, one way or another: lines, JSON, or a live view.
#pragma once

#include "cli/agent.hpp"

#include <functional>

namespace serverme::cli {

class agent_output : public agent_observer {
public:
  /// Once, when the agent is over and its end has been shown.
  using on_end = std::function<void(const std::optional<failure>&)>;

  explicit agent_output(on_end ended) : ended_{std::move(ended)} {}

  /// Where the counters come from; before start().
  void watch(std::function<agent_counters()> counters) { counters_ = std::move(counters); }
  virtual void start() {}
  /// The user asked for the end; the agent says goodbye.
  virtual void on_stopping() {}
  virtual void on_resized() {}
  /// Leaves the terminal as it was found, and takes it again (Ctrl+Z, fg).
  virtual void suspend() {}
  virtual void resume() {}

  void on_stopped(const std::optional<failure>& why) final {
    show_end(why);
    ended_(why);
  }

protected:
  virtual void show_end(const std::optional<failure>& why) = 0;
  agent_counters counters() const { return counters_ ? counters_() : agent_counters{}; }

private:
  on_end ended_;
  std::function<agent_counters()> counters_;
};

} // namespace serverme::cli

// Many idle agents on one loop: they come in a few at a time, come back when they are lost, and
// each time that nobody is on the way any more, it is told how long that took.
#pragma once

#include "bench/load/idle_agent.hpp"
#include "protocol/backoff.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace serverme::load {

struct fleet_setup {
  agent_setup each;
  std::size_t count = 0;
  /// Agents take turns with them: an account has only so many sessions.
  std::vector<std::string> api_keys;
  /// Dialing and greeting at once.
  std::size_t concurrency = 128;
  /// An agent that was not let in so often in a row is given up.
  unsigned tries_max = 10;
};

/// What happened since the fleet last was complete.
struct fleet_news {
  bool is_first = false;
  double seconds = 0;
  std::size_t up = 0;
  /// Given up, since the start.
  std::size_t failed = 0;
  /// Of those that were up.
  std::size_t lost = 0;
  std::size_t tries = 0;
  /// Why agents were lost or not let in, and how often.
  std::map<std::string, std::size_t> reasons;
};

/// One line, without its end.
std::string as_json(const fleet_news& news);

class agent_fleet final : agent_owner {
public:
  /// `on_settled` is told when all are up or given up, each time.
  agent_fleet(net::event_loop& loop, fleet_setup setup,
              std::function<void(const fleet_news&)> on_settled);
  ~agent_fleet();

  void start();
  /// All who are up lose their connections at once.
  void drop();

private:
  struct member {
    std::unique_ptr<idle_agent> agent;
    backoff pause{};
    unsigned tries = 0;
  };

  void on_agent_up(idle_agent& agent) override;
  void on_agent_down(idle_agent& agent, const failure& why, bool was_up) override;
  void begin_phase(bool is_first);
  void connect_some();
  void come_back(std::size_t number);
  void tell_when_settled();
  void tick(time_point now);

  net::event_loop& loop_;
  fleet_setup setup_;
  std::function<void(const fleet_news&)> on_settled_;
  std::vector<member> members_;
  std::deque<std::size_t> waiting_;
  std::size_t connecting_ = 0;
  std::size_t pausing_ = 0;
  std::size_t next_tick_ = 0;
  bool settled_ = true;
  time_point began_{};
  fleet_news news_;
  std::mt19937_64 random_{1};
  std::unique_ptr<net::ticker> ticker_;
};

} // namespace serverme::load

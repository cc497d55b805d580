// The other edges of the cluster, as agents are told of them: for a second lane, and for the day
// when this one is lost.
#pragma once

#include "protocol/ids.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace serverme::edge {

class edges_for_agents {
public:
  /// An agent needs two or three. Of a hundred edges each agent hears of others.
  static constexpr std::size_t told_max = 8;

  /// HOST:PORT of each. @returns whether that is news
  bool set(std::vector<std::string> all) {
    if (all == all_)
      return false;
    all_ = std::move(all);
    return true;
  }

  bool is_empty() const noexcept { return all_.empty(); }
  /// Each session's list begins somewhere else: whoever tries them in order spreads over all.
  std::vector<std::string> pick(session_id who) const {
    auto some = all_;
    if (some.size() > 1) { // not as the number is spread over loops
      auto first = ((who.value * 0x9e37'79b9'7f4a'7c15) >> 32) % some.size();
      std::ranges::rotate(some, some.begin() + static_cast<std::ptrdiff_t>(first));
    }
    some.resize(std::min(some.size(), told_max));
    return some;
  }

private:
  std::vector<std::string> all_;
};

} // namespace serverme::edge

// News that still has to be spread: about whom, and how often it has left this node.
#pragma once

#include "protocol/ids.hpp"

#include <cstddef>
#include <map>
#include <vector>

namespace serverme::membership {

/// At most one piece of news for each member: the newest. What it says is read from the roster
/// when it leaves.
class rumours {
public:
  /// There is something new about this member.
  void add(const node_id& about) { sent_[about] = 0; }
  void forget(const node_id& about) { sent_.erase(about); }

  bool empty() const noexcept { return sent_.empty(); }
  std::size_t size() const noexcept { return sent_.size(); }
  bool has_unsent() const noexcept;

  /// Those that left least often come first, so that news outruns what most have heard.
  std::vector<node_id> in_order() const;

  /// It left once more; the last time when that makes `times_max`.
  void on_sent(const node_id& about, std::size_t times_max);

private:
  std::map<node_id, std::size_t> sent_;
};

} // namespace serverme::membership

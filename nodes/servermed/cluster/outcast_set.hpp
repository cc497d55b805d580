// The nodes that were removed from the cluster, as whoever meets a stranger asks for them.
#pragma once

#include "protocol/ids.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace serverme::servermed {

/// From any thread.
class outcast_set {
public:
  bool has(const node_id& node) const {
    std::lock_guard guard{mutex_};
    return std::ranges::binary_search(nodes_, node);
  }

  /// `nodes` are in order.
  void replace(std::vector<node_id> nodes) {
    std::lock_guard guard{mutex_};
    std::swap(nodes_, nodes);
  }

private:
  mutable std::mutex mutex_;
  std::vector<node_id> nodes_;
};

} // namespace serverme::servermed

// Which node had an endpoint when it was last asked. A hint: it may be wrong, and is bounded.
#pragma once

#include "protocol/ids.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

namespace serverme::actors {

class endpoint_places {
public:
  /// Keeps at least half of so many, and never more.
  explicit endpoint_places(std::size_t places_max) : half_{places_max / 2} {}

  void remember(endpoint_id endpoint, node_id node) {
    if (young_.size() >= half_ && !young_.contains(endpoint))
      old_ = std::exchange(young_, {});
    young_.insert_or_assign(endpoint, node);
  }

  std::optional<node_id> find(endpoint_id endpoint) const {
    for (const auto* each : {&young_, &old_})
      if (auto found = each->find(endpoint); found != each->end())
        return found->second;
    return std::nullopt;
  }

private:
  std::size_t half_;
  std::unordered_map<endpoint_id, node_id> young_, old_;
};

} // namespace serverme::actors

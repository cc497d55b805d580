// What a visitor has not taken yet of an answer whose stream is over.
#pragma once

#include "protocol/lane/budget.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace serverme::edge {

/// While a stream lives, its window bounds what its visitor makes us hold, and the window counts
/// against the account. When the stream ends first, the rest goes on counting: a crowd that fetches
/// much and takes little cannot make us hold more than the budget.
class unsent_charge {
public:
  unsent_charge() = default;
  unsent_charge(lane::window_budget& budget, std::size_t bytes) noexcept
    : budget_{&budget}, bytes_{bytes} {
    budget.take(bytes);
  }
  unsent_charge(unsent_charge&& other) noexcept
    : budget_{other.budget_}, bytes_{std::exchange(other.bytes_, 0)} {}
  unsent_charge& operator=(unsent_charge&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~unsent_charge() { shrink_to(0); }

  void shrink_to(std::size_t bytes) noexcept {
    if (bytes >= bytes_)
      return;
    budget_->give_back(bytes_ - bytes);
    bytes_ = bytes;
  }

private:
  lane::window_budget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

} // namespace serverme::edge

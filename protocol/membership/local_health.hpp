// Whether this node can trust its own silence: Lifeguard's local health multiplier.
//
// A node that is starved of CPU or network misses answers from everybody and would accuse the
// healthy. Each sign of that makes it slower to judge; each answer in time makes it faster again.
#pragma once

#include "protocol/time.hpp"

#include <algorithm>

namespace serverme::membership {

class local_health {
public:
  explicit local_health(unsigned worst) noexcept : worst_{worst} {}

  void on_good_sign() noexcept { points_ -= std::min(points_, 1u); }
  void on_bad_sign() noexcept { points_ = std::min(points_ + 1, worst_); }

  /// 0: well.
  unsigned points() const noexcept { return points_; }
  milliseconds stretch(milliseconds time) const noexcept { return time * (1 + points_); }

private:
  unsigned worst_;
  unsigned points_ = 0;
};

} // namespace serverme::membership

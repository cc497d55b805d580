// How long a suspect may contradict before it counts as dead.
#pragma once

#include "protocol/membership/limits.hpp"

#include <algorithm>
#include <cmath>

namespace serverme::membership {

/// Starts long and shrinks with each member that says the same by itself (Lifeguard, section 4).
/// An answer of the suspect to this node starts it anew: who answers is not dead.
class suspicion {
public:
  /// `confirmations`: how many others could confirm it. None: there is no use in waiting for them.
  suspicion(const limits& bounds, std::size_t confirmations, time_point now) noexcept
    : min_{bounds.suspicion_min},
      max_{bounds.suspicion_max},
      confirmations_{std::min(bounds.confirmations, confirmations)},
      started_{now} {}

  void on_answer(time_point now) noexcept { started_ = now; }
  void postpone(time_point::duration gap) noexcept { started_ += gap; }

  /// `accusers` as the record has them, `stretch` times as long when this node is not well itself.
  time_point ends(std::size_t accusers, unsigned stretch) const noexcept {
    auto confirmed = std::min(accusers > 0 ? accusers - 1 : 0, confirmations_);
    auto share = confirmations_ == 0 ? 1.0
                                     : std::log(static_cast<double>(confirmed) + 1)
                                         / std::log(static_cast<double>(confirmations_) + 1);
    auto spare = static_cast<double>((max_ - min_).count()) * (1 - share);
    return started_ + (min_ + milliseconds{static_cast<std::int64_t>(spare)}) * stretch;
  }

private:
  milliseconds min_;
  milliseconds max_;
  std::size_t confirmations_;
  time_point started_;
};

} // namespace serverme::membership

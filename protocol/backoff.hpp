// When to try again: full jitter, and a success counts only once it has lasted.
#pragma once

#include "protocol/time.hpp"

#include <algorithm>
#include <cstdint>

namespace serverme {

struct backoff_limits {
  milliseconds first{250};
  milliseconds ceiling{20'000};
  /// A connection that lived this long resets the back-off; one that flaps does not.
  milliseconds stable{10'000};
};

class backoff {
public:
  explicit backoff(backoff_limits limits = {}) noexcept : limits_{limits} {}

  /// How long to wait now. `random` in [0, 1) spreads a thousand agents over the whole
  /// interval, so that a restarted edge is not hit by all of them at once.
  milliseconds on_failure(double random) noexcept {
    auto bound
      = std::min(limits_.ceiling.count(), limits_.first.count() << std::min(failures_, 20u));
    ++failures_;
    return milliseconds{static_cast<std::int64_t>(static_cast<double>(bound) * random)};
  }

  /// The connection ended after having lived for `lifetime`.
  void on_lost(milliseconds lifetime) noexcept {
    if (lifetime >= limits_.stable)
      failures_ = 0;
  }

  unsigned failures() const noexcept { return failures_; }

private:
  backoff_limits limits_;
  unsigned failures_ = 0;
};

} // namespace serverme

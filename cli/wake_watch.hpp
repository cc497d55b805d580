// Was this machine asleep? No clock: whoever asks says what his clocks show.
#pragma once

#include "protocol/time.hpp"

namespace serverme::cli {

class wake_watch {
public:
  /// `awake`: a clock that stands still while the machine sleeps; `total`: one that does not, as a
  /// time since any moment.
  wake_watch(time_point awake, milliseconds total) noexcept : awake_{awake}, total_{total} {}

  /// Call about once a second. True when the machine slept, or this program was not allowed to run,
  /// since the last call: connections may be dead although nobody said so.
  bool on_tick(time_point awake, milliseconds total) noexcept {
    auto by_awake = awake - awake_;
    auto by_total = total - total_;
    awake_ = awake;
    total_ = total;
    return by_total - by_awake >= sleep_min || by_awake >= late_min;
  }

private:
  /// Shorter sleeps harm nobody; clocks differ by less.
  static constexpr milliseconds sleep_min{1'500};
  /// A tick that comes so late: a stopped process, a paused virtual machine.
  static constexpr milliseconds late_min{5'000};

  time_point awake_;
  milliseconds total_;
};

} // namespace serverme::cli

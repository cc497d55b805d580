// Time is an argument: cores never read a clock.
#pragma once

#include <chrono>

namespace serverme {

/// Monotonic. The shell passes std::chrono::steady_clock::now().
using time_point = std::chrono::steady_clock::time_point;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Wall-clock time, for people and for the database only.
using wall_time = std::chrono::system_clock::time_point;

} // namespace serverme

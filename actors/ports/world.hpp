// What actors need of the world besides messages. Time comes from their own clock, which tests
// turn.
#pragma once

#include "protocol/time.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace serverme::actors {

/// Each may be called from any thread.
struct world {
  /// 64 bits from a cryptographic source.
  std::function<std::uint64_t()> random;
  /// 32 bytes.
  std::function<std::string(std::string_view)> sha256;
  /// For people only.
  std::function<wall_time()> wall_clock;
};

} // namespace serverme::actors

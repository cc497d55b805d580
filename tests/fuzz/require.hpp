// What a fuzz target promises. Not assert(): it must hold in every build.
#pragma once

#include <cstdlib>

namespace serverme {

/// Ends the process, which libFuzzer takes for a crash and keeps the input.
inline void require(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace serverme

// Waits for what another thread or process does.
#pragma once

#include <chrono>
#include <thread>

namespace serverme::tests {

/// @returns false when it was not so in time
template <class Condition>
bool await(Condition condition, std::chrono::milliseconds patience = std::chrono::seconds{20}) {
  constexpr std::chrono::milliseconds pause{2};
  auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

} // namespace serverme::tests

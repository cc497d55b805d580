// How many names and ports one account may hold at once. Reserved names are not counted.
#pragma once

#include <cstdint>

namespace serverme::control {

/// Whoever binds and unbinds in a loop would hold everything for as long as a claim lives: names
/// fill a table, ports are few. Beyond what a session may serve at once, so that agents that come
/// and go with names of their own are not stopped.
struct claim_limits {
  std::uint32_t names_max = 1'000;
  std::uint32_t ports_max = 100;
};

} // namespace serverme::control

// How often this program asked for memory, and how much it holds: for tests of paths that must not.
#pragma once

#include <cstddef>

namespace serverme::tests {

std::size_t allocations() noexcept;
/// Bytes that were asked for and not given back.
std::size_t memory_held() noexcept;

} // namespace serverme::tests

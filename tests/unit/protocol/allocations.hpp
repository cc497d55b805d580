// How often this program asked for memory: for tests of paths that must not.
#pragma once

#include <cstddef>

namespace serverme::tests {

std::size_t allocations() noexcept;

} // namespace serverme::tests

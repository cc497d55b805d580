// Integers in network byte order.
#pragma once

#include "protocol/bytes.hpp"

#include <array>
#include <concepts>

namespace serverme {

template <std::unsigned_integral Number>
constexpr std::array<std::byte, sizeof(Number)> big_endian(Number value) noexcept {
  std::array<std::byte, sizeof(Number)> out{};
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    out[i] = static_cast<std::byte>(value >> (8 * (sizeof(Number) - 1 - i)));
  return out;
}

/// @pre bytes.size() >= sizeof(Number)
template <std::unsigned_integral Number>
constexpr Number read_big_endian(bytes_view bytes) noexcept {
  std::uint64_t out = 0;
  for (auto byte : bytes.first(sizeof(Number)))
    out = (out << 8) | std::to_integer<std::uint64_t>(byte);
  return static_cast<Number>(out);
}

} // namespace serverme

// Random numbers from a seed: whom to ask next is no secret, but must differ from node to node.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace serverme::membership {

/// splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
class dice {
public:
  explicit dice(std::uint64_t seed) noexcept : state_{seed} {}

  std::uint64_t next() noexcept {
    state_ += 0x9e37'79b9'7f4a'7c15;
    auto out = state_;
    out = (out ^ out >> 30U) * 0xbf58'476d'1ce4'e5b9;
    out = (out ^ out >> 27U) * 0x94d0'49bb'1331'11eb;
    return out ^ out >> 31U;
  }

  /// @pre count > 0. @returns 0 to count - 1
  std::size_t below(std::size_t count) noexcept { return next() % count; }

  template <class Value>
  void shuffle(std::vector<Value>& values) noexcept {
    draw(values, values.size());
  }

  /// Leaves `count` of them, or all when they are fewer, in random order.
  template <class Value>
  void draw(std::vector<Value>& values, std::size_t count) {
    count = std::min(count, values.size());
    for (std::size_t at = 0; at < count; ++at)
      std::swap(values[at], values[at + below(values.size() - at)]);
    values.resize(count);
  }

private:
  std::uint64_t state_;
};

/// Spreads the bits of a number over all 64.
inline std::uint64_t scramble(std::uint64_t x) noexcept { return dice{x}.next(); }

} // namespace serverme::membership

// Compares secrets without telling by the time it takes how much of a guess was right.
#pragma once

#include <string_view>

namespace serverme {

inline bool same_secret(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size())
    return false;
  // volatile: the compiler must not stop at the first difference.
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i)
    difference = static_cast<unsigned char>(
      difference | (static_cast<unsigned char>(left[i]) ^ static_cast<unsigned char>(right[i])));
  return difference == 0;
}

} // namespace serverme

// Bytes as people write them down.
#pragma once

#include <string>
#include <string_view>

namespace serverme::tests {

/// "16 03 01": digits in pairs, blanks anywhere.
inline std::string from_hex(std::string_view digits) {
  std::string out;
  int high = -1;
  for (char c : digits) {
    auto value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0)
      continue;
    if (high >= 0)
      out += static_cast<char>(high * 16 + value);
    high = high < 0 ? value : -1;
  }
  return out;
}

inline std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

} // namespace serverme::tests

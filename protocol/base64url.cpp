#include "protocol/base64url.hpp"

#include <cstdint>

namespace serverme {

namespace {

constexpr std::string_view alphabet
  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned bits_per_digit = 6;
constexpr unsigned bits_per_byte = 8;

} // namespace

std::string to_base64url(std::string_view bytes) {
  std::string text;
  std::uint32_t waiting = 0;
  unsigned bits = 0;
  for (char each : bytes) {
    waiting = waiting << bits_per_byte | static_cast<unsigned char>(each);
    for (bits += bits_per_byte; bits >= bits_per_digit;) {
      bits -= bits_per_digit;
      text += alphabet[waiting >> bits & 63U];
    }
  }
  if (bits > 0)
    text += alphabet[waiting << (bits_per_digit - bits) & 63U];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t waiting = 0;
  unsigned bits = 0;
  for (char each : text) {
    auto digit = alphabet.find(each);
    if (digit == std::string_view::npos)
      return std::nullopt;
    waiting = waiting << bits_per_digit | static_cast<std::uint32_t>(digit);
    bits += bits_per_digit;
    if (bits < bits_per_byte)
      continue;
    bits -= bits_per_byte;
    bytes += static_cast<char>(waiting >> bits & 255U);
  }
  auto is_one_digit_left = bits == bits_per_digit;
  auto has_stray_bits = (waiting & ((1U << bits) - 1U)) != 0;
  if (is_one_digit_left || has_stray_bits)
    return std::nullopt;
  return bytes;
}

} // namespace serverme

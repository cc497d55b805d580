#include "nodes/control/secrets.hpp"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace serverme::control {

namespace {

constexpr std::string_view alphabet
  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view digits = "0123456789abcdef";
constexpr std::string_view key_prefix = "sm_live_";
constexpr std::size_t key_length = 40;
constexpr std::size_t shown_length = key_prefix.size() + 4;

} // namespace

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char each : bytes) {
    auto byte = static_cast<unsigned char>(each);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    auto high = digits.find(text[i]), low = digits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos)
      return std::nullopt;
    bytes += static_cast<char>(high << 4U | low);
  }
  return bytes;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
    throw std::runtime_error("no randomness to be had"); // nothing safe can be done without
  return bytes;
}

std::string random_text(std::size_t length) {
  // A byte above this would make the first characters of the alphabet likelier.
  constexpr auto fair = 256 - 256 % alphabet.size();
  std::string text;
  std::array<unsigned char, 64> bytes{};
  while (text.size() < length) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
      throw std::runtime_error("no randomness to be had"); // nothing safe can be done without
    for (auto byte : bytes) {
      if (byte < fair && text.size() < length)
        text += alphabet[byte % alphabet.size()];
    }
  }
  return text;
}

api_key make_api_key() {
  auto text = std::string{key_prefix} + random_text(key_length);
  return {.text = text, .hash = sha256(text), .shown_prefix = text.substr(0, shown_length)};
}

} // namespace serverme::control

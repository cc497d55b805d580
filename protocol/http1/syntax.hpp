// What heads, trailers and lists are made of (RFC 9110, section 5.6). Only for this folder.
#pragma once

#include "protocol/http1/head.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace serverme::http1 {

/// Of a body and of a chunk. Not more than fits into a signed number: behind us may be a program
/// that counts so, and reads the rest as negative.
inline constexpr std::uint64_t length_max = std::numeric_limits<std::int64_t>::max();

/// A head has at most so many connection options: each is compared with every field.
inline constexpr std::size_t connection_options_max = 32;

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// How many bytes at the front of `text` are token characters.
std::size_t token_length(std::string_view text) noexcept;
/// How many are visible, blank, tab or above 127: everything but controls.
std::size_t text_length(std::string_view text) noexcept;
/// Not empty, and of the characters that RFC 3986 has for host and port.
bool is_authority(std::string_view text) noexcept;

/// Without blanks and tabs around it.
std::string_view trim(std::string_view text) noexcept;
/// Cuts the next element off a list; trimmed, and empty where the list has nothing.
std::string_view take_element(std::string_view& list, char separator = ',') noexcept;

/// Takes one field line with its `line_end` off the front of `rest`.
/// @errors bad_request
result<done> take_field(std::string_view& rest, std::string_view line_end, field& into);

/// Of a target in absolute form, "http://shop.example/a": "shop.example" and "/a". Both are empty
/// for other forms.
struct absolute_target {
  std::string_view authority;
  std::string_view rest;
};
absolute_target split_absolute(std::string_view target) noexcept;

} // namespace serverme::http1

#include "protocol/http1/syntax.hpp"

#include <algorithm>
#include <cstring>

namespace serverme::http1 {

namespace {

using byte_class = std::array<bool, 256>;

constexpr byte_class letters_and(std::string_view others) {
  byte_class members{};
  for (int c = 0; c < 256; ++c)
    members[static_cast<std::size_t>(c)]
      = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  for (char c : others)
    members[static_cast<unsigned char>(c)] = true;
  return members;
}

constexpr byte_class text_bytes() {
  byte_class members{};
  for (std::size_t c = 0; c < members.size(); ++c)
    members[c] = c == '\t' || (c >= ' ' && c != 0x7f);
  return members;
}

constexpr auto token = letters_and("!#$%&'*+-.^_`|~");
constexpr auto authority = letters_and("-._~%!$&'()*+,;=:[]");
constexpr auto text_byte = text_bytes();

std::size_t length_of(const byte_class& members, std::string_view text, std::size_t from = 0) {
  while (from < text.size() && members[static_cast<unsigned char>(text[from])])
    ++from;
  return from;
}

/// Eight bytes at once: is one of them below ' ' or DEL? (A tab counts; the slow loop knows it.)
bool has_control(const char* bytes) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101;
  constexpr std::uint64_t high = each * 0x80;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  auto del = word ^ (each * 0x7f);
  return (((word - each * ' ') & ~word) | ((del - each) & ~del)) & high;
}

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

failure broken_field(std::string_view name, std::string_view what) {
  return fail(errc::bad_request,
              "header " + std::string{name.substr(0, 64)} + ": " + std::string{what});
}

} // namespace

std::size_t token_length(std::string_view text) noexcept { return length_of(token, text); }

std::size_t text_length(std::string_view text) noexcept {
  std::size_t at = 0;
  while (text.size() - at >= sizeof(std::uint64_t) && !has_control(text.data() + at))
    at += sizeof(std::uint64_t);
  return length_of(text_byte, text, at);
}

bool is_authority(std::string_view text) noexcept {
  return !text.empty() && length_of(authority, text) == text.size();
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

std::string_view take_element(std::string_view& list, char separator) noexcept {
  auto end = std::min(list.find(separator), list.size());
  auto element = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

result<done> take_field(std::string_view& rest, std::string_view line_end, field& into) {
  auto name = rest.substr(0, token_length(rest));
  // Folded lines (RFC 9112, section 5.2) and blanks before the colon (5.1) end here: others read
  // them in several ways.
  if (name.empty())
    return fail(errc::bad_request, "a header line that begins with no name");
  rest.remove_prefix(name.size());
  if (!rest.starts_with(':'))
    return broken_field(name, "no colon behind the name");
  rest.remove_prefix(1);
  auto value = rest.substr(0, text_length(rest));
  rest.remove_prefix(value.size());
  if (!rest.starts_with(line_end))
    return broken_field(name, "a control character in its value");
  rest.remove_prefix(line_end.size());
  into = {name, trim(value)};
  return done{};
}

absolute_target split_absolute(std::string_view target) noexcept {
  auto colon = target.find("://");
  auto scheme = target.substr(0, colon);
  if (colon == std::string_view::npos || !(same_name(scheme, "http") || same_name(scheme, "https")))
    return {};
  auto rest = target.substr(colon + 3);
  auto end = std::min(rest.find_first_of("/?#"), rest.size());
  return {rest.substr(0, end), rest.substr(end)};
}

} // namespace serverme::http1

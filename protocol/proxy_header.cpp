#include "protocol/proxy_header.hpp"

#include "protocol/big_endian.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace serverme {

namespace {

enum class family : std::uint8_t { ipv4 = 0x1, ipv6 = 0x2 };

struct numeric_address {
  serverme::family family = family::ipv4;
  std::array<std::uint8_t, 16> bytes{}; // IPv4: the first four
};

/// Dotted decimal without leading zeros: everything else is read differently by different readers.
std::optional<numeric_address> parse_ipv4(std::string_view text) {
  numeric_address out;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) {
      if (text.empty() || text.front() != '.')
        return std::nullopt;
      text.remove_prefix(1);
    }
    auto digits = std::min(text.find('.'), text.size());
    if (digits == 0 || digits > 3 || (digits > 1 && text.front() == '0'))
      return std::nullopt;
    auto end = text.data() + digits;
    auto [at, error] = std::from_chars(text.data(), end, out.bytes[i]);
    if (error != std::errc{} || at != end)
      return std::nullopt;
    text.remove_prefix(digits);
  }
  return text.empty() ? std::optional{out} : std::nullopt;
}

/// The groups of one side of "::", appended to `bytes`; the last may be an IPv4 address.
bool parse_groups(std::string_view text, std::string& bytes) {
  while (!text.empty()) {
    auto size = std::min(text.find(':'), text.size());
    auto group = text.substr(0, size);
    auto is_last = size == text.size();
    if (is_last && group.find('.') != std::string_view::npos) {
      auto tail = parse_ipv4(group);
      if (!tail)
        return false;
      bytes.append(reinterpret_cast<const char*>(tail->bytes.data()), 4);
      return true;
    }
    std::uint16_t value = 0;
    auto [at, error] = std::from_chars(group.data(), group.data() + size, value, 16);
    if (size == 0 || size > 4 || error != std::errc{} || at != group.data() + size)
      return false;
    bytes += as_text(bytes_view{big_endian(value)});
    if (is_last)
      return true;
    text.remove_prefix(size + 1);
    if (text.empty())
      return false; // ends with a colon
  }
  return true;
}

/// RFC 4291, section 2.2.
std::optional<numeric_address> parse_ipv6(std::string_view text) {
  numeric_address out{.family = family::ipv6};
  std::string head;
  std::string tail;
  auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, head) || head.size() != out.bytes.size())
      return std::nullopt;
  } else {
    auto before = text.substr(0, gap);
    if (before.find('.') != std::string_view::npos || !parse_groups(before, head)
        || !parse_groups(text.substr(gap + 2), tail)
        || head.size() + tail.size() > out.bytes.size() - 2)
      return std::nullopt;
  }
  std::ranges::copy(head, out.bytes.begin());
  std::ranges::copy(tail, out.bytes.end() - static_cast<std::ptrdiff_t>(tail.size()));
  return out;
}

std::optional<numeric_address> parse_address(std::string_view text) {
  return text.find(':') == std::string_view::npos ? parse_ipv4(text) : parse_ipv6(text);
}

struct address_pair {
  numeric_address visitor;
  numeric_address server;
};

std::optional<address_pair> parse_pair(const proxied_connection& from) {
  auto visitor = parse_address(from.visitor_address);
  auto server = parse_address(from.server_address);
  if (!visitor || !server || visitor->family != server->family)
    return std::nullopt;
  return address_pair{*visitor, *server};
}

void append_v1(byte_queue& out, const proxied_connection& from,
               const std::optional<address_pair>& pair) {
  if (!pair)
    return out.append("PROXY UNKNOWN\r\n");
  // The texts are known to be numeric now, and so to be without spaces and line ends.
  out.append(pair->visitor.family == family::ipv4 ? "PROXY TCP4 " : "PROXY TCP6 ");
  out.append(from.visitor_address);
  out.append(" ");
  out.append(from.server_address);
  out.append(" " + std::to_string(from.visitor_port) + " " + std::to_string(from.server_port)
             + "\r\n");
}

void append_v2(byte_queue& out, const proxied_connection& from,
               const std::optional<address_pair>& pair) {
  using namespace std::string_view_literals;
  constexpr std::uint8_t version_and_proxy = 0x21;
  constexpr std::uint8_t stream = 0x1;
  out.append("\r\n\r\n\0\r\nQUIT\n"sv);
  if (!pair)
    return out.append("\x20\x00\x00\x00"sv); // LOCAL: no addresses
  auto size = pair->visitor.family == family::ipv4 ? 4U : 16U;
  auto append = [&](auto number) { out.append(bytes_view{big_endian(number)}); };
  append(version_and_proxy);
  append(static_cast<std::uint8_t>(static_cast<unsigned>(pair->visitor.family) << 4 | stream));
  append(static_cast<std::uint16_t>(2 * size + 4));
  out.append(std::as_bytes(std::span{pair->visitor.bytes}.first(size)));
  out.append(std::as_bytes(std::span{pair->server.bytes}.first(size)));
  append(from.visitor_port);
  append(from.server_port);
}

} // namespace

void append_proxy_header(byte_queue& out, proxy_protocol version, const proxied_connection& from) {
  switch (version) {
    case proxy_protocol::none: return;
    case proxy_protocol::v1: return append_v1(out, from, parse_pair(from));
    case proxy_protocol::v2: return append_v2(out, from, parse_pair(from));
  }
}

} // namespace serverme

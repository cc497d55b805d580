// Where a node can be dialed, as people and members write it: HOST:PORT.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace serverme {

struct host_port {
  /// A DNS name or an address, without brackets.
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const host_port&, const host_port&) = default;
};

/// IPv6 addresses are in brackets: "[::1]:7000". Nothing when host or port is missing.
inline std::optional<host_port> parse_host_port(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  auto digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find_first_of("[]:") != std::string_view::npos)
    return std::nullopt;
  std::uint16_t port = 0;
  auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (host.empty() || wrong != std::errc{} || end != digits.data() + digits.size() || port == 0)
    return std::nullopt;
  return host_port{std::string{host}, port};
}

} // namespace serverme

// Where a socket is: a numeric host and a port.
#pragma once

#include "protocol/result.hpp"

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace serverme::net {

struct address {
  std::string host; // numeric; empty for a Unix socket
  std::uint16_t port = 0;

  friend bool operator==(const address&, const address&) = default;
};

/// Empty when it is no IP address.
address address_of(const sockaddr* from, std::size_t size);

/// "239.255.83.77"
bool is_multicast_ipv4(const std::string& host);

/// HOST:PORT with IPv6 in brackets; an empty or "*" host is every address.
/// @errors listen_failed: not understood
result<address> parse_address(const std::string& text);
/// "127.0.0.1:8080", "[::1]:8080".
std::string to_string(const address& where);

} // namespace serverme::net

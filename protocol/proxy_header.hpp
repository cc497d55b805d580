// The PROXY protocol header (versions 1 and 2) that tells a local TCP service who the visitor is.
// https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt
#pragma once

#include "protocol/bytes.hpp"

#include <cstdint>
#include <string_view>

namespace serverme {

enum class proxy_protocol : std::uint8_t { none = 0, v1 = 1, v2 = 2 };

struct proxied_connection {
  std::string_view visitor_address;
  std::uint16_t visitor_port = 0;
  std::string_view server_address;
  std::uint16_t server_port = 0;
};

/// Appends the header; "UNKNOWN" (v1) or LOCAL (v2) when an address is not numeric or the
/// families differ.
void append_proxy_header(byte_queue& out, proxy_protocol version, const proxied_connection& from);

} // namespace serverme

// Where the edge's certificates come from: files, or the development CA.
#pragma once

#include "net/tls.hpp"

#include <string_view>

namespace serverme::edge {

/// ALPN of a server context: agents and visitors come to one port.
inline constexpr const char* alpn_lane = "serverme/1";
inline constexpr const char* alpn_http = "http/1.1";

class certificate_source {
public:
  virtual ~certificate_source() = default;

  /// The context for a server name (lower case; empty when the peer named none), made with
  /// make_server_context(..., {alpn_lane, alpn_http}); null when there is none. From any loop;
  /// fast.
  virtual net::ssl_context find(std::string_view server_name) = 0;
};

} // namespace serverme::edge

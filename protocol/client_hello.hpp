// The names in a TLS ClientHello, without TLS: which site and which protocol a visitor wants.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace serverme {

struct client_hello {
  /// Lower case; empty when the visitor sent none.
  std::string server_name;
  std::vector<std::string> alpn;

  bool offers(std::string_view protocol) const noexcept;
};

/// A ClientHello may be split over records and reads (RFC 8446, section 5.1). `bytes` is everything
/// read so far from the start of the connection.
/// @returns nothing when more bytes are needed (never beyond `client_hello_bytes_max`)
/// @errors bad_request: this is not TLS, or not a ClientHello
result<std::optional<client_hello>> parse_client_hello(bytes_view bytes);

inline constexpr std::size_t client_hello_bytes_max = 64UL * 1024;

} // namespace serverme

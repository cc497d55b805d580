// Where a tunnel leads on this machine: what people write behind `serverme http`, understood.
#pragma once

#include "protocol/endpoint.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace serverme::cli {

enum class local_transport : std::uint8_t { tcp, unix_socket };
enum class local_security : std::uint8_t { plain, tls };

struct local_target {
  local_transport transport = local_transport::tcp;
  local_security security = local_security::plain;
  /// A name or a numeric address; for a Unix socket its path.
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const local_target&, const local_target&) = default;
};

/// PORT, HOST:PORT, [V6]:PORT, http://HOST[:PORT], https://HOST[:PORT], unix:/PATH; schemes for
/// http tunnels only.
/// @errors local_address_invalid
result<local_target> parse_local_target(std::string_view text, endpoint_kind kind);

/// "localhost:3000", "https://localhost:3000", "unix:/run/app.sock": parses to the same target.
std::string to_string(const local_target& where);

} // namespace serverme::cli

// Public names: what an agent may ask for, and what a valid one looks like.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace serverme {

enum class endpoint_kind : std::uint8_t { http = 1, tcp = 2, tls = 3 };

/// "http", "tcp", "tls".
std::string_view to_string(endpoint_kind kind) noexcept;

enum class inspection : std::uint8_t { off = 0, on = 1 };

/// What an agent asks for. The edge decides the rest.
struct endpoint_request {
  endpoint_kind kind = endpoint_kind::http;
  /// http and tls: the label in front of the domain; empty: a random one.
  std::string name;
  /// tcp: the public port; 0: a free one.
  std::uint16_t port = 0;
  inspection inspect = inspection::on;
  /// http: "user:password" that visitors must send; empty: none.
  std::string basic_auth;
  /// http: replaces the visitor's Host towards the local service; empty: kept.
  std::string host_header;
  /// For people: what it leads to ("localhost:3000"). Shown to the owner, used by nobody.
  std::string local_label;

  friend bool operator==(const endpoint_request&, const endpoint_request&) = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, endpoint_request& x) {
    return f(x.kind, x.name, x.port, x.inspect, x.basic_auth, x.host_header, x.local_label);
  }
};

/// A DNS label in lower case (RFC 1123, section 2.1).
/// @errors name_invalid
result<std::string> parse_endpoint_name(std::string_view text);

/// Names no account may take: they would be mistaken for the platform itself.
bool is_system_name(std::string_view name) noexcept;

/// Eight letters and digits that cannot be misread, made of 40 bits of `entropy`.
std::string random_endpoint_name(std::uint64_t entropy);

/// The host of a Host header or an SNI: lower case, without port, brackets and final dot.
/// Empty when it is none.
std::string normalize_host(std::string_view host);

} // namespace serverme

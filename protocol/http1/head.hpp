// The head of an HTTP/1.1 message: strict about everything that could make two parties read one
// message as two (RFC 9112; sections named at each rule in head.cpp).
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace serverme::http1 {

struct head_limits {
  std::size_t bytes_max = 64 * 1024;
  std::size_t fields_max = 200;
};

/// Both point into the bytes that were parsed.
struct field {
  std::string_view name;
  std::string_view value; // without surrounding white space
};

/// How the end of a body is told.
enum class framing : std::uint8_t { none, length, chunked, until_close };

enum class version : std::uint8_t { http_1_0, http_1_1 };

/// Reused from message to message so that `fields` keeps its memory. All views point into the
/// bytes given to the parser.
struct request_head {
  std::string_view method;
  std::string_view target;
  http1::version version{};
  std::vector<field> fields;
  /// Bytes of the head, the empty line included.
  std::size_t size = 0;

  // What the fields say, read once.
  std::string_view host;
  framing body = framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
  /// Connection: upgrade together with Upgrade: the protocol asked for; else empty.
  std::string_view upgrade;
};

struct response_head {
  int status = 0;
  std::string_view reason;
  http1::version version{};
  std::vector<field> fields;
  std::size_t size = 0;

  /// Given the method it answers: HEAD, 1xx, 204 and 304 have no body.
  framing body = framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

/// Finds the end of a head in `bytes` and parses it into `head`.
/// @returns false when more bytes are needed (at most `limits.bytes_max` in all). `scanned`
///          remembers how far the search came, so that a slow head is not searched again and
///          again: 0 for a new head.
/// @errors bad_request, head_too_large, host_missing, http_version_unsupported
result<bool> parse_request(bytes_view bytes, const head_limits& limits, std::size_t& scanned,
                           request_head& head);

/// As parse_request; `method` is the one of the request.
/// @errors local_bad_response
result<bool> parse_response(bytes_view bytes, const head_limits& limits, std::size_t& scanned,
                            std::string_view method, response_head& head);

/// Case-insensitive, ASCII.
bool same_name(std::string_view a, std::string_view b) noexcept;
/// The first field of that name; nullptr when there is none.
const field* find(const std::vector<field>& fields, std::string_view name) noexcept;

} // namespace serverme::http1

// A recorded exchange: what a visitor asked and what was answered, cut to a bounded size.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <optional>
#include <string>

namespace serverme {

/// One direction of an exchange.
struct captured_message {
  /// As it was received, start line and fields, repeats included; without the empty line.
  std::string head;
  /// The first bytes of the content (transfer coding removed).
  std::string body;
  /// Bytes of content in full, whatever was kept of it.
  std::uint64_t body_bytes = 0;

  bool is_whole() const noexcept { return body.size() == body_bytes; }

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, captured_message& x) {
    return f(x.head, x.body, x.body_bytes);
  }
};

/// Built on an event loop, moved to the endpoint's inspector, immutable from then on.
struct capture {
  capture_id id;
  endpoint_id endpoint;
  wall_time started{};
  std::string visitor_address;
  /// "http" or "https": how the visitor came.
  std::string scheme;
  std::string method;
  std::string target;
  captured_message request;
  captured_message response;
  int status = 0;
  /// From the first byte of the request to the first of the answer, and to its last.
  microseconds first_byte{0};
  microseconds total{0};
  /// Set when the exchange failed; the visitor got our error page, or a cut answer.
  std::optional<failure> error;
  /// Set when this is a replay of another one.
  std::optional<capture_id> replay_of;
};

struct capture_limits {
  std::size_t body_bytes_max = 10 * 1024;
  std::size_t head_bytes_max = 64 * 1024;
  /// Kept for each endpoint, and at most so much of it.
  std::size_t ring_max = 500;
  std::size_t ring_bytes_max = 16UL * 1024 * 1024;
};

} // namespace serverme

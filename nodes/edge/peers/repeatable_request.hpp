// A request that can be sent again when the edge that had it is lost.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace serverme::edge {

/// Whole, as it went to another edge; kept until the first byte of an answer. Empty: there is none.
struct repeatable_request {
  /// A larger one is not kept.
  static constexpr std::size_t bytes_max = 64UL * 1024;
  static constexpr int repeats_max = 2;

  byte_queue bytes;
  std::string host;
  session_id session;
  time_point sent_at{};
  bool is_safe = false;
  int repeats = 0;

  bool is_empty() const noexcept { return bytes.empty(); }
  /// The edge that had it says why not any more. agent_away: no agent ever got it.
  bool may_follow(errc why) const noexcept {
    if (is_empty() || repeats >= repeats_max)
      return false;
    return why == errc::agent_away
           || (is_safe && (why == errc::agent_lost || why == errc::draining));
  }
  void clear() {
    if (!bytes.empty())
      *this = {};
  }
};

/// Asking twice is as asking once: a proxy may do it by itself (RFC 9110, sections 9.2.1, 9.2.2).
inline bool is_safe_method(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

} // namespace serverme::edge

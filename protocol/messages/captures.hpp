// What people ask about recorded exchanges.
#pragma once

#include "protocol/capture.hpp"
#include "protocol/messages/accounts.hpp"

#include <string>
#include <vector>

namespace serverme {

/// A capture without heads and bodies: a line of the list.
struct capture_summary {
  capture_id id;
  endpoint_id endpoint;
  wall_time started{};
  std::string visitor_address;
  std::string method;
  std::string target;
  /// 0: there was no answer.
  std::int32_t status = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  microseconds first_byte{0};
  microseconds total{0};
  /// "SM-1006" and what it was about; empty: it worked.
  std::string error_code;
  std::string error_detail;
  /// 0: this is no replay.
  capture_id replay_of;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, capture_summary& x) {
    return f(x.id, x.endpoint, x.started, x.visitor_address, x.method, x.target, x.status,
             x.request_bytes, x.response_bytes, x.first_byte, x.total, x.error_code, x.error_detail,
             x.replay_of);
  }
};

/// Which captures to list; what is empty or 0 does not filter.
struct capture_filter {
  /// Upper or lower case.
  std::string method;
  /// Inclusive; 404 to 404, or 500 to 599.
  std::int32_t status_min = 0;
  std::int32_t status_max = 0;
  /// Part of the target.
  std::string path;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, capture_filter& x) {
    return f(x.method, x.status_min, x.status_max, x.path);
  }
};

/// Answered by capture_page, newest first. Errors: api_not_found.
struct list_captures {
  asker who;
  endpoint_id endpoint;
  capture_filter filter;
  /// Older than this one; 0: from the newest.
  capture_id before;
  /// At most capture_page_max.
  std::uint32_t limit = 50;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, list_captures& x) {
    return f(x.who, x.endpoint, x.filter, x.before, x.limit);
  }
};

inline constexpr std::uint32_t capture_page_max = 500;

struct capture_page {
  std::vector<capture_summary> captures;
  /// Ask again with `before` = this; 0: there are no more.
  capture_id next;
  /// Exchanges that were not recorded because the inspector was behind, since the endpoint opened.
  std::uint64_t dropped = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, capture_page& x) {
    return f(x.captures, x.next, x.dropped);
  }
};

/// Answered by the capture itself (actors/local_messages.hpp). Errors: api_not_found.
struct get_capture {
  asker who;
  endpoint_id endpoint;
  capture_id capture;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, get_capture& x) {
    return f(x.who, x.endpoint, x.capture);
  }
};

/// Errors: api_not_found.
struct clear_captures {
  asker who;
  endpoint_id endpoint;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, clear_captures& x) {
    return f(x.who, x.endpoint);
  }
};

struct captures_cleared {
  std::uint64_t count = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, captures_cleared& x) {
    return f(x.count);
  }
};

/// Sends the request again, by the tunnel's own route. Answered by the new capture.
/// Errors: api_not_found, agent_away, replay_failed, capture_incomplete.
struct replay_capture {
  asker who;
  endpoint_id endpoint;
  capture_id capture;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, replay_capture& x) {
    return f(x.who, x.endpoint, x.capture);
  }
};

capture_summary summarize(const capture& exchange);

/// A capture on its way to another node: the same, in types that travel.
struct capture_record {
  capture_id id;
  endpoint_id endpoint;
  wall_time started{};
  std::string visitor_address;
  std::string scheme;
  std::string method;
  std::string target;
  captured_message request;
  captured_message response;
  std::int32_t status = 0;
  microseconds first_byte{0};
  microseconds total{0};
  /// An errc; 0: it worked.
  std::uint16_t error = 0;
  std::string error_detail;
  /// 0: this is no replay.
  capture_id replay_of;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, capture_record& x) {
    return f(x.id, x.endpoint, x.started, x.visitor_address, x.scheme, x.method, x.target,
             x.request, x.response, x.status, x.first_byte, x.total, x.error, x.error_detail,
             x.replay_of);
  }
};

capture_record to_record(const capture& exchange);
capture to_capture(capture_record record);

} // namespace serverme

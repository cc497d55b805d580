// Every way to fail, in one list: its number, its name, its HTTP status and what to do about it.
//
// The number is what people see ("SM-1004"). It travels between programs and stands in
// docs/errors.md: never reorder or reuse one. 1xxx visitors, 2xxx agents and sessions,
// 3xxx the API, 4xxx the command line, 5xxx operators.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace serverme {

enum class errc : std::uint16_t {
  bad_request = 1001,
  head_too_large = 1002,
  host_missing = 1003,
  no_such_endpoint = 1004,
  agent_away = 1005,
  local_refused = 1006,
  local_timeout = 1007,
  local_bad_response = 1008,
  local_closed_early = 1009,
  visitor_unauthorized = 1010,
  visitor_timeout = 1011,
  too_busy = 1012,
  http_version_unsupported = 1013,
  draining = 1014,
  agent_lost = 1015,

  key_invalid = 2001,
  name_taken = 2002,
  name_reserved = 2003,
  name_invalid = 2004,
  port_out_of_range = 2005,
  port_taken = 2006,
  no_free_port = 2007,
  too_many_endpoints = 2008,
  protocol_violation = 2009,
  version_unsupported = 2010,
  control_unavailable = 2011,
  session_replaced = 2012,
  greeting_timeout = 2013,
  peer_silent = 2014,
  frame_too_large = 2015,
  resume_refused = 2016,
  lane_limit = 2017,
  stream_reset = 2018,
  closed_by_owner = 2019,
  too_many_claims = 2020,

  api_unauthorized = 3001,
  api_not_found = 3002,
  api_bad_request = 3003,
  api_method_not_allowed = 3004,
  api_too_large = 3005,
  api_unavailable = 3006,
  capture_incomplete = 3007,
  replay_failed = 3008,
  too_many_calls = 3009,

  config_unreadable = 4001,
  config_invalid = 4002,
  file_mode_too_open = 4003,
  key_missing = 4004,
  server_unreachable = 4005,
  certificate_refused = 4006,
  local_address_invalid = 4007,

  database_unavailable = 5001,
  migration_failed = 5002,
  listen_failed = 5003,
  data_dir_unusable = 5004,
  certificate_unreadable = 5005,
  node_config_invalid = 5006,
  already_running = 5007,
  cluster_missing = 5008,
  cluster_exists = 5009,
  identity_missing = 5010,
  identity_exists = 5011,
  identity_unusable = 5012,
  token_malformed = 5013,
  token_unknown = 5014,
  token_expired = 5015,
  token_revoked = 5016,
  token_used = 5017,
  token_role_refused = 5018,
  cluster_mismatch = 5019,
  gossip_malformed = 5020,
  identity_in_use = 5021,
  cluster_full = 5022,
  node_removed = 5023,
  cluster_key_missing = 5024,
  control_unreachable = 5025,
  last_control_node = 5026,
  node_not_running = 5027,
};

/// What the list says about one code.
struct error_entry {
  errc code;
  /// Used in logs, metrics and the API, such as "no_such_endpoint".
  std::string_view name;
  /// For HTTP answers; 0 where none is ever sent.
  int status;
  /// For people, one line.
  std::string_view title;
  /// For people, what to do next.
  std::string_view advice;
};

/// The whole list, in the order of the numbers. docs/errors.md is checked against it.
std::span<const error_entry> error_catalogue() noexcept;

/// Never fails: a code of a newer peer is described as unknown.
const error_entry& describe(errc code) noexcept;

inline std::string_view to_string(errc code) noexcept { return describe(code).name; }

/// "SM-1004".
std::string public_code(errc code);

/// May the same agent try again by itself, or is it a permanent error (exit 3, never a retry
/// storm)?
bool is_permanent(errc code) noexcept;

/// A failure and what it was about.
struct failure {
  errc code;
  /// For people: lower case, no full stop, names the thing ("host api.example.com").
  std::string detail;

  friend bool operator==(const failure&, const failure&) = default;
};

/// Ends an operation: `return fail(errc::no_such_endpoint, "host " + host);`
inline failure fail(errc code, std::string detail = {}) { return {code, std::move(detail)}; }

/// Passes a failure on: `return fail(outcome.error());`
inline failure fail(failure why) { return why; }

/// "SM-1004 no tunnel here: host api.example.com".
std::string to_string(const failure& why);

} // namespace serverme

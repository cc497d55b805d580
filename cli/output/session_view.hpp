// What people see of a running agent, as values: what happened is put in, outputs read it.
#pragma once

#include "cli/agent.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace serverme::cli {

enum class session_status : std::uint8_t { connecting, online, waiting, stopping };

struct tunnel_row {
  /// Empty for one of the command line.
  std::string title;
  std::string local;
  std::vector<std::string> urls;
  std::optional<failure> refused;
};

struct request_row {
  /// "12:30:01".
  std::string when;
  request_line what;
};

struct session_view {
  session_status status = session_status::connecting;
  /// HOST:PORT that is dialed.
  std::string server;
  /// Set once online.
  std::string node;
  /// The second edge's; empty: none.
  std::string companion;
  std::optional<microseconds> round_trip;
  /// Why the last connection ended, or none could be made; and when the next is tried.
  std::optional<failure> trouble;
  time_point retry_at{};
  std::vector<tunnel_row> tunnels;
  agent_counters counters;
  std::size_t open_connections = 0;
  /// Oldest first; no more than a large window shows.
  std::deque<request_row> requests;
};

inline constexpr std::size_t request_rows_max = 200;

session_view make_view(const agent_config& config);

/// Keeps the last ones only.
void add_request(session_view& view, request_row row);

/// "0 B", "1.2 KiB", "48.0 MiB".
std::string format_bytes(std::uint64_t count);

/// "0.4 ms", "12.4 ms", "350 ms", "1.24 s", "2 m 05 s".
std::string format_duration(microseconds time);

} // namespace serverme::cli

// What a node says about itself while it runs: lines on standard error, for people or programs.
#pragma once

#include <cstdint>
#include <string>

namespace serverme::servermed {

enum class log_format : std::uint8_t { plain, json };

struct log_options {
  log_format format = log_format::plain;
  /// trace, debug, info, warn, error or off, as spdlog names them.
  std::string level = "info";
};

/// From now on every line of a JSON log says which node of a cluster this is: lines of many nodes
/// end up in one place.
void name_node_in_log(const std::string& node);

/// For the whole process; spdlog::info() and the like go there from any thread.
void set_up_log(const log_options& options);

} // namespace serverme::servermed

// The configuration file: what it says, understood.
#pragma once

#include "cli/agent.hpp"

#include <string>
#include <vector>

namespace serverme::cli {

struct config_file {
  /// Each empty when the file does not set it.
  std::string server;
  std::string token;
  std::string ca;
  std::string api;
  /// In the order of the file; every title is set and used once.
  std::vector<tunnel_plan> tunnels;

  /// Others must not read a file that has some.
  bool has_secrets() const noexcept;
};

/// `text` of the file `name`. Unknown keys are mistakes: a misspelt option must not be silently
/// absent.
/// @errors config_invalid: every mistake, each on a line "NAME:LINE: ..."
result<config_file> parse_config(const std::string& text, const std::string& name);

} // namespace serverme::cli

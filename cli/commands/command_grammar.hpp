// The grammar of the command line: names, options and their help, built with CLI11.
#pragma once

#include "cli/commands/command_line.hpp"

#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <string>

namespace serverme::cli {

/// What CLI11 fills while it parses.
struct typed_words {
  global_options globals;
  std::string format = "auto";
  std::string local;
  /// Options of tunnels by the name of their field; those that were given.
  std::map<std::string, std::string> fields;
  bool no_inspect = false;
  bool json = false;
  std::vector<std::string> titles;
  std::string token;
  std::string shell;
};

/// `words` outlives what is returned.
std::unique_ptr<CLI::App> make_grammar(typed_words& words);

} // namespace serverme::cli

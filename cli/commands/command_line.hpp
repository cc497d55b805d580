// What was typed, understood: one command with its options, or what to print instead.
#pragma once

#include "cli/commands/exit_code.hpp"
#include "cli/config/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace serverme::cli {

/// For people, or for programs (--json).
enum class report_form : std::uint8_t { table, json };

/// http, tcp and tls.
struct open_tunnel {
  tunnel_plan plan;
};
/// Without titles: every tunnel of the file.
struct start_tunnels {
  std::vector<std::string> titles;
};
struct show_status {
  report_form form = report_form::table;
};
/// Without a key it is read from the standard input, which leaves no trace in a shell's history.
struct store_token {
  std::string token;
};
struct check_config {};
struct edit_config {};
struct show_config_path {};
struct show_version {};
struct diagnose {
  std::optional<std::string> local;
  report_form form = report_form::table;
};
struct print_completion {
  std::string shell;
};

using command
  = std::variant<open_tunnel, start_tunnels, show_status, store_token, check_config, edit_config,
                 show_config_path, show_version, diagnose, print_completion>;

struct invocation {
  global_options globals;
  command what;
};

/// Help, or a misuse with its reason: printed, and the program ends.
struct printed_answer {
  exit_code code = exit_code::success;
  std::string out;
  std::string err;
};

using parsed_command_line = std::variant<invocation, printed_answer>;

/// `words` without the program's name.
parsed_command_line parse_command_line(const std::vector<std::string>& words);

/// One command, for the shells' completions.
struct command_summary {
  /// "http", "config check".
  std::string name;
  std::string purpose;
  /// "--subdomain", ...
  std::vector<std::string> options;
};

struct command_catalogue {
  std::vector<std::string> global_options;
  std::vector<command_summary> commands;
};

command_catalogue list_commands();

} // namespace serverme::cli

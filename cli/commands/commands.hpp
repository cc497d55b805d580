// The commands: each runs to its end, prints, and says how it ended. One file for each.
#pragma once

#include "cli/commands/command_line.hpp"

namespace serverme::cli {

exit_code run(const open_tunnel& what, const global_options& given);
exit_code run(const start_tunnels& what, const global_options& given);
exit_code run(const show_status& what, const global_options& given);
exit_code run(const store_token& what, const global_options& given);
exit_code run(const check_config& what, const global_options& given);
exit_code run(const edit_config& what, const global_options& given);
exit_code run(const show_config_path& what, const global_options& given);
exit_code run(const show_version& what, const global_options& given);
exit_code run(const diagnose& what, const global_options& given);
exit_code run(const print_completion& what, const global_options& given);

/// Parses, runs, prints: the program without its main().
int run_command_line(const std::vector<std::string>& words);

/// "serverme 0.1.0 (lane protocol 1)".
std::string version_text();

/// The process's own variables.
const char* process_variable(const char* name);

/// To the standard output or the standard error, at once.
void print(const std::string& text);
void print_error(const std::string& text);
/// Says on the standard error what went wrong and what to do; returns how to end.
exit_code give_up(const failure& why);
/// The same, with advice that fits the place better than what the error has; may be empty.
exit_code give_up(const failure& why, std::string_view advice);

} // namespace serverme::cli

// serverme config check, edit and path.
#include "cli/commands/api_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/config/config_storage.hpp"
#include "cli/output/failure_text.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace serverme::cli {

namespace {

constexpr auto starter = R"(# serverme's configuration; docs/configuration.md has every key.
# server: tunnels.example.com:8443
# token: sm_live_...
#
# tunnels:
#   web:
#     type: http
#     local: 3000
)";

std::string describe_setting(const char* name, const setting& what, const std::string& value) {
  return std::string{name} + shown(value) + "  (" + std::string{to_string(what.from)} + ")\n";
}

// The key itself is not for a screen that others may see.
std::string masked(const std::string& token) {
  constexpr std::size_t shown_bytes = 12;
  if (token.empty())
    return "none";
  return token.size() > 2 * shown_bytes ? token.substr(0, shown_bytes) + "..." : "set";
}

std::string summary(const settings& from) {
  auto text = describe_setting("server   ", from.server, from.server.value)
              + describe_setting("token    ", from.token, masked(from.token.value))
              + describe_setting("ca       ", from.ca,
                                 from.ca.value.empty() ? "the system's" : from.ca.value)
              + describe_setting("api      ", from.api,
                                 from.api.value.empty() ? "not set" : from.api.value);
  for (const auto& plan : from.tunnels)
    text += "tunnel   " + shown(plan.title) + ": " + std::string{to_string(plan.endpoint.kind)}
            + " -> " + shown(to_string(plan.local)) + "\n";
  return text;
}

// What load_settings() would stop at, and what it has no reason to look at.
result<done> check_values(const settings& from) {
  if (auto server = parse_server(from.server.value); !server)
    return fail(server.error());
  if (auto ca = check_ca(from); !ca)
    return ca;
  if (from.api.value.empty())
    return done{};
  auto api = parse_api_address(from.api.value);
  return api ? result<done>{done{}} : result<done>{api.error()};
}

// `config check` is what others advise: a mistake it names is followed by no advice.
exit_code refuse(const failure& why) {
  auto is_mistake = why.code == errc::config_invalid;
  return give_up(why, is_mistake ? std::string_view{} : describe(why.code).advice);
}

exit_code check(const global_options& given) {
  auto found = load_settings(given, process_variable);
  if (!found)
    return refuse(found.error());
  if (auto outcome = check_values(*found); !outcome)
    return refuse(outcome.error());
  auto file = found->file.string();
  print((found->has_file ? file + " is fine.\n" : "There is no " + file + ".\n") + summary(*found));
  return exit_code::success;
}

std::string editor() {
  for (const char* name : {"VISUAL", "EDITOR"})
    if (const char* value = process_variable(name); value && *value)
      return value;
  return "vi";
}

/// $EDITOR may be a command with words of its own, so a shell splits it, but never the path.
bool open_editor(const std::filesystem::path& path) {
  auto script = "exec " + editor() + " \"$1\"";
  auto child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", script.c_str(), "sh", path.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)
         && WEXITSTATUS(status) == 0;
}

} // namespace

exit_code run(const check_config&, const global_options& given) { return check(given); }

exit_code run(const edit_config&, const global_options& given) {
  auto path = config_path(given, process_variable);
  auto stored = read_config(path);
  if (!stored)
    return give_up(stored.error());
  if (!*stored)
    if (auto written = write_config(path, starter); !written)
      return give_up(written.error());
  if (!open_editor(path)) {
    print_error("serverme: " + editor() + " failed; set EDITOR to the one that you use\n");
    return exit_code::failed;
  }
  return check(given);
}

exit_code run(const show_config_path&, const global_options& given) {
  print(config_path(given, process_variable).string() + "\n");
  return exit_code::success;
}

} // namespace serverme::cli

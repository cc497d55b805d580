#include "cli/config/settings.hpp"

#include "cli/config/config_storage.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace serverme::cli {

namespace {

constexpr auto default_server = "localhost:8443";
constexpr auto default_api = "http://localhost:8081";
constexpr std::uint16_t default_port = 8443;

std::string value_of(const environment& variable, const char* name) {
  const char* value = variable(name);
  return value ? value : "";
}

setting choose(const std::string& option, const std::string& variable, const std::string& file) {
  if (!option.empty())
    return {option, setting_origin::option};
  if (!variable.empty())
    return {variable, setting_origin::variable};
  if (!file.empty())
    return {file, setting_origin::file};
  return {};
}

// The file may be used from anywhere: its paths start where it is.
std::string beside(const std::filesystem::path& file, const std::string& path,
                   const environment& variable) {
  if (path.starts_with("~/"))
    return value_of(variable, "HOME") + path.substr(1);
  return path.empty() ? path : (file.parent_path() / path).lexically_normal().string();
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z')
           || (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '.' || letter == '_'
           || letter == ':' || letter == '%';
  });
}

} // namespace

std::string_view to_string(setting_origin from) noexcept {
  switch (from) {
    case setting_origin::fallback: return "the default";
    case setting_origin::file: return "the file";
    case setting_origin::variable: return "a variable";
    case setting_origin::option: return "an option";
  }
  return "";
}

std::filesystem::path config_path(const global_options& given, const environment& variable) {
  if (!given.config.empty())
    return given.config;
  if (auto named = value_of(variable, "SERVERME_CONFIG"); !named.empty())
    return named;
  auto home = value_of(variable, "HOME");
  return home.empty() ? std::filesystem::path{}
                      : std::filesystem::path{home} / ".serverme" / "config.yml";
}

settings choose_settings(const global_options& given, const environment& variable,
                         const std::filesystem::path& path, config_file file) {
  settings made;
  made.file = path;
  made.server = choose(given.server, value_of(variable, "SERVERME_SERVER"), file.server);
  made.token = choose(given.token, value_of(variable, "SERVERME_TOKEN"), file.token);
  made.ca = choose(given.ca, value_of(variable, "SERVERME_CA"), beside(path, file.ca, variable));
  made.api = choose(given.api, value_of(variable, "SERVERME_API"), file.api);
  if (made.server.value.empty()) {
    made.server.value = default_server;
    // Of this server and no other: a key must not be shown to whatever listens here.
    if (made.api.value.empty())
      made.api.value = default_api;
  }
  made.tunnels = std::move(file.tunnels);
  return made;
}

result<settings> load_settings(const global_options& given, const environment& variable) {
  auto path = config_path(given, variable);
  auto is_asked_for = !given.config.empty() || !value_of(variable, "SERVERME_CONFIG").empty();
  auto stored = read_config(path);
  if (!stored)
    return fail(stored.error());
  if (!*stored) {
    if (is_asked_for)
      return fail(errc::config_unreadable, path.string() + ": no such file");
    return choose_settings(given, variable, path, {});
  }
  auto parsed = parse_config((*stored)->text, path.string());
  if (!parsed)
    return fail(parsed.error());
  if (parsed->has_secrets() && (*stored)->readers == config_readers::others_too)
    return fail(errc::file_mode_too_open, path.string());
  auto made = choose_settings(given, variable, path, std::move(*parsed));
  made.has_file = true;
  return made;
}

result<net::address> parse_server(const std::string& text) {
  auto wrong
    = fail(errc::config_invalid,
           "server: HOST:PORT is needed, such as tunnels.example.com:8443, not '" + text + "'");
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == std::string::npos)
      return wrong;
    host = std::string_view{text}.substr(1, end - 1);
    port = std::string_view{text}.substr(end + 1);
    if (!port.empty() && !port.starts_with(':'))
      return wrong;
  } else if (auto colon = text.find(':'); colon != std::string::npos) {
    host = std::string_view{text}.substr(0, colon);
    port = std::string_view{text}.substr(colon);
  }
  net::address server{std::string{host}, default_port};
  if (!port.empty()) {
    auto digits = port.substr(1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), server.port);
    if (error != std::errc{} || end != digits.data() + digits.size() || server.port == 0)
      return wrong;
  }
  if (!is_host(host))
    return wrong;
  return server;
}

result<done> check_ca(const settings& from) {
  const auto& path = from.ca.value;
  if (path.empty() || ::access(path.c_str(), R_OK) == 0)
    return done{};
  auto why = std::generic_category().message(errno);
  return fail(errc::certificate_unreadable,
              "ca " + path + " (from " + std::string{to_string(from.ca.from)} + "): " + why);
}

result<agent_config> make_agent_config(const settings& from, std::vector<tunnel_plan> tunnels) {
  if (from.token.value.empty())
    return fail(errc::key_missing);
  auto server = parse_server(from.server.value);
  if (!server)
    return fail(server.error());
  if (auto ca = check_ca(from); !ca)
    return fail(ca.error());
  return agent_config{.server = std::move(*server),
                      .ca_file = from.ca.value,
                      .api_key = from.token.value,
                      .tunnels = std::move(tunnels)};
}

} // namespace serverme::cli

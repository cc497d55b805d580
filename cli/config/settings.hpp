// What serverme runs with. An option wins over a variable, a variable over the file, the file over
// the default.
#pragma once

#include "cli/config/config_file.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace serverme::cli {

enum class log_format : std::uint8_t { automatic, plain, json };

/// As typed; empty: not given.
struct global_options {
  std::string config;
  std::string server;
  std::string token;
  std::string ca;
  std::string api;
  log_format format = log_format::automatic;

  friend bool operator==(const global_options&, const global_options&) = default;
};

enum class setting_origin : std::uint8_t { fallback, file, variable, option };

/// "the default", "the file", "a variable", "an option".
std::string_view to_string(setting_origin from) noexcept;

struct setting {
  std::string value;
  setting_origin from = setting_origin::fallback;

  friend bool operator==(const setting&, const setting&) = default;
};

struct settings {
  std::filesystem::path file;
  bool has_file = false;
  /// HOST:PORT of the server's TLS address.
  setting server;
  /// Secret.
  setting token;
  /// PEM file; empty: the system's CAs.
  setting ca;
  /// http(s)://HOST:PORT; empty: not known.
  setting api;
  std::vector<tunnel_plan> tunnels;
};

/// Value of an environment variable, or null.
using environment = std::function<const char*(const char*)>;

/// --config, SERVERME_CONFIG or ~/.serverme/config.yml; a later one only without the earlier.
/// Empty when there is no home directory either.
std::filesystem::path config_path(const global_options& given, const environment& variable);

/// Where each value comes from; `file` is what the file at `path` says.
settings choose_settings(const global_options& given, const environment& variable,
                         const std::filesystem::path& path, config_file file);

/// The file that is there, read and checked. A file that nobody asked for may be absent.
/// @errors config_unreadable, config_invalid (every mistake with its line), file_mode_too_open
result<settings> load_settings(const global_options& given, const environment& variable);

/// HOST[:PORT]; the port is 8443 without one.
/// @errors config_invalid
result<net::address> parse_server(const std::string& text);

/// The file with the CA can be read, if one is set.
/// @errors certificate_unreadable
result<done> check_ca(const settings& from);

/// What an agent needs of the settings, checked before anything is dialed.
/// @errors key_missing, config_invalid, certificate_unreadable
result<agent_config> make_agent_config(const settings& from, std::vector<tunnel_plan> tunnels);

} // namespace serverme::cli

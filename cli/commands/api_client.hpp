// Asks the server's API, over HTTP(S) with the user's key.
#pragma once

#include "cli/config/settings.hpp"
#include "protocol/result.hpp"

#include <string>

namespace serverme::cli {

/// Where the API is: "http://127.0.0.1:8081" of "127.0.0.1:8081"; https for anything that is not
/// this machine. The key never crosses a network in the clear.
/// @errors config_invalid
result<std::string> parse_api_address(const std::string& text);

class api_client {
public:
  /// @errors key_missing, config_invalid
  static result<api_client> make(const settings& from);

  /// The body of a 2xx answer. `path` starts with "/api/v1/".
  /// @errors server_unreachable, certificate_refused, and what the API says
  result<std::string> get(const std::string& path) const;

private:
  api_client(std::string address, std::string token, std::string ca)
    : address_{std::move(address)}, token_{std::move(token)}, ca_{std::move(ca)} {}

  std::string address_;
  std::string token_;
  std::string ca_;
};

} // namespace serverme::cli

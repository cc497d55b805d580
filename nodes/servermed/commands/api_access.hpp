// How a command asks the API of a running node: that of a data directory on this machine, for which
// nobody has to type a key, or another one by its address.
#pragma once

#include "net/address.hpp"
#include "nodes/servermed/commands/answer.hpp"
#include "protocol/result.hpp"

#include <functional>
#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): CLI11 calls it so
class App;
}

namespace serverme::servermed {

struct api_options {
  std::string config_file, data_dir;
  /// HOST:PORT, and a file with an admin's key, "-": standard input. Empty: those of the node.
  std::string api, key_file;
};

/// --config, --data-dir, --api, --key-file.
void add_api_options(CLI::App& command, api_options& into);

class api_access {
public:
  /// Reads ready.json and operator.key of the data directory, or what was named.
  /// @errors config_invalid, config_unreadable, node_not_running
  static result<api_access> open(const api_options& options);

  /// @errors node_not_running, and whatever the API says
  result<json> get(const std::string& target) const;

  /// Reads a WebSocket until it ends. `on_message` returns whether to go on.
  /// @errors node_not_running: also when it ends by itself; and whatever the API says
  result<done> follow(const std::string& target,
                      const std::function<bool(const json&)>& on_message) const;

private:
  net::address where_;
  std::string key_;
};

} // namespace serverme::servermed

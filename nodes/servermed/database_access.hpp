// How a command reaches the database of a node, whether that node runs or not.
#pragma once

#include "nodes/control/database_settings.hpp"
#include "nodes/control/private_postgres.hpp"
#include "protocol/result.hpp"

#include <optional>
#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): CLI11 calls it so
class App;
}

namespace serverme::servermed {

struct database_options {
  std::string config_file, data_dir, database;
};

/// --config, --data-dir, --database.
void add_database_options(CLI::App& command, database_options& into);

class database_access {
public:
  /// The connection string if there is one, else the private PostgreSQL of the data directory,
  /// started for as long as this lives unless a node runs it.
  /// @errors config_unreadable, config_invalid, database_unavailable, data_dir_unusable
  static result<database_access> open(const database_options& options);

  const control::database_settings& settings() const noexcept { return settings_; }

private:
  std::optional<control::private_postgres> borrowed_;
  control::database_settings settings_;
};

} // namespace serverme::servermed

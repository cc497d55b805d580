// The database of a control node: the one it was told, or a private PostgreSQL of its own.
#pragma once

#include "nodes/control/database_settings.hpp"
#include "nodes/control/postgres_watch.hpp"
#include "nodes/control/private_postgres.hpp"
#include "protocol/result.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace serverme::servermed {

class node_database {
public:
  /// Brings its schema up to date. `connection`: empty: the private one in `data_dir`, which is
  /// started again when it dies.
  /// @errors database_unavailable, migration_failed, data_dir_unusable
  static result<std::unique_ptr<node_database>> open(const std::string& connection,
                                                     const std::filesystem::path& data_dir);
  /// Calls stop().
  ~node_database();
  node_database(const node_database&) = delete;
  node_database& operator=(const node_database&) = delete;

  const control::database_settings& settings() const noexcept { return settings_; }
  /// Ends the private one. Idempotent.
  void stop();

private:
  node_database() = default;
  result<done> start_private(const std::filesystem::path& data_dir);

  std::optional<control::private_postgres> own_;
  std::optional<control::postgres_watch> watch_;
  control::database_settings settings_;
};

} // namespace serverme::servermed

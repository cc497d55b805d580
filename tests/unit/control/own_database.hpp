// A PostgreSQL for the tests of this program: one cluster, started once, a schema for each test.
#pragma once

#include "nodes/control/database_settings.hpp"
#include "nodes/control/private_postgres.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace serverme::tests {

/// A directory under /tmp that others may enter, removed with this.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

/// An empty schema in the program's cluster.
control::database_settings fresh_database();
/// The same with all migrations applied.
control::database_settings migrated_database();

/// Runs one statement. Throws when it fails.
void run_sql(const control::database_settings& settings, const std::string& statement);
/// The one value that a query gives.
std::string read_sql(const control::database_settings& settings, const std::string& query);

/// A transaction that holds what `statement` locks, for as long as this lives.
class ledger_lock {
public:
  ledger_lock(const control::database_settings& settings, const std::string& statement);
  ~ledger_lock();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serverme::tests

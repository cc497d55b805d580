// A PostgreSQL for the tests of this program: one cluster, started once, a schema for each test.
#pragma once

#include "nodes/control/database_settings.hpp"
#include "nodes/control/private_postgres.hpp"

#include <filesystem>
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

} // namespace serverme::tests

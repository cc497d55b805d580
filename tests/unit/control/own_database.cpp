#include "tests/unit/control/own_database.hpp"

#include "nodes/control/migrate.hpp"

#include <pqxx/pqxx>
#include <sys/stat.h>

#include <stdexcept>

namespace serverme::tests {

namespace {

control::private_postgres& own_cluster() {
  static scratch_directory directory;
  static auto cluster = control::private_postgres::start(directory.path());
  if (!cluster)
    throw std::runtime_error(to_string(cluster.error()));
  return *cluster;
}

} // namespace

scratch_directory::scratch_directory() {
  std::string path = "/tmp/serverme-unit-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr || ::chmod(path.c_str(), 0755) != 0)
    throw std::runtime_error("cannot make " + path);
  path_ = path;
}

scratch_directory::~scratch_directory() {
  std::error_code none;
  std::filesystem::remove_all(path_, none);
}

void run_sql(const control::database_settings& settings, const std::string& statement) {
  pqxx::connection connection{settings.connection_string};
  pqxx::nontransaction work{connection};
  work.exec(statement);
}

std::string read_sql(const control::database_settings& settings, const std::string& query) {
  pqxx::connection connection{settings.connection_string};
  pqxx::nontransaction work{connection};
  return work.exec(query)[0][0].as<std::string>();
}

control::database_settings fresh_database() {
  // A schema: a database of its own would cost hundreds of files each.
  static int count = 0;
  auto name = "test" + std::to_string(++count);
  const auto& cluster = own_cluster();
  run_sql({cluster.connection_string()}, "CREATE SCHEMA " + name);
  return {cluster.connection_string() + " options='-c search_path=" + name + "'"};
}

control::database_settings migrated_database() {
  auto settings = fresh_database();
  if (auto applied = control::migrate(settings); !applied)
    throw std::runtime_error(to_string(applied.error()));
  return settings;
}

struct ledger_lock::state {
  explicit state(const std::string& target) : connection{target}, work{connection} {}
  pqxx::connection connection;
  pqxx::work work;
};

ledger_lock::ledger_lock(const control::database_settings& settings, const std::string& statement)
  : state_{std::make_unique<state>(settings.connection_string)} {
  state_->work.exec(statement);
}
ledger_lock::~ledger_lock() = default;

} // namespace serverme::tests

#include "nodes/servermed/database_access.hpp"

#include "nodes/servermed/data_directory.hpp"
#include "nodes/servermed/node_config.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace serverme::servermed {

void add_database_options(CLI::App& command, database_options& into) {
  command.add_option("--data-dir", into.data_dir, "Data directory of a development server")
    ->type_name("DIR");
  command.add_option("--database", into.database, "PostgreSQL, as libpq reads it")
    ->type_name("URL");
  command.add_option("--config", into.config_file, "Configuration file of the node")
    ->type_name("FILE");
}

result<database_access> database_access::open(const database_options& options) {
  node_config config;
  if (!options.config_file.empty())
    if (auto outcome = read_config_file(options.config_file, config); !outcome)
      return fail(outcome.error());
  if (!options.database.empty())
    config.database = options.database;
  else if (!options.data_dir.empty())
    config.data_dir = options.data_dir;

  database_access made;
  if (config.database.empty()) {
    if (config.data_dir.empty())
      return fail(errc::config_invalid, "which database? Say --data-dir, --database or --config");
    std::error_code error;
    auto data_dir = std::filesystem::canonical(config.data_dir, error);
    if (error)
      return fail(errc::data_dir_unusable, config.data_dir.string() + ": " + error.message());
    if (auto checked = data_directory::check_owner(data_dir); !checked)
      return fail(checked.error());
    auto borrowed = control::private_postgres::borrow(data_dir);
    if (!borrowed)
      return fail(borrowed.error());
    made.borrowed_.emplace(std::move(*borrowed));
    config.database = made.borrowed_->connection_string();
  }
  made.settings_.connection_string = config.database;
  return made;
}

} // namespace serverme::servermed

// `servermed migrate`: brings the database up to date, or says how far it is.
#include "nodes/control/migrate.hpp"
#include "nodes/servermed/commands/commands.hpp"
#include "nodes/servermed/commands/table.hpp"
#include "nodes/servermed/database_access.hpp"
#include "nodes/servermed/utc_time.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace serverme::servermed {

namespace {

struct migrate_options {
  database_options database;
  bool only_status = false;
  bool as_json = false;
};

/// As the file is called: "0001".
std::string number_text(int number) {
  auto text = std::to_string(number);
  return std::string(text.size() < 4 ? 4 - text.size() : 0, '0') + text;
}

int print_status(const migrate_options& options, const control::database_settings& database) {
  auto found = control::list_migrations(database);
  if (!found)
    return report(found.error());
  auto all = nlohmann::ordered_json::array();
  table rows{{"NUMBER", "NAME", "STATE", "APPLIED", "CHECKSUM"}};
  for (const auto& each : *found) {
    auto applied = each.applied ? utc_time(*each.applied) : std::string{"-"};
    std::string standing{control::to_string(each.standing)};
    all.push_back({{"number", each.number},
                   {"name", each.name},
                   {"state", standing},
                   {"applied", applied},
                   {"checksum", each.checksum}});
    rows.add({number_text(each.number), each.name, standing, applied, each.checksum.substr(0, 12)});
  }
  if (options.as_json)
    std::cout << all.dump(2) << '\n';
  else
    rows.print(std::cout);
  return 0;
}

int run_migrate(const migrate_options& options) {
  auto database = database_access::open(options.database);
  if (!database)
    return report(database.error());
  if (options.only_status)
    return print_status(options, database->settings());
  auto applied = control::migrate(database->settings());
  if (!applied)
    return report(applied.error());
  std::cout << (*applied == 0 ? "The database is up to date.\n"
                              : std::to_string(*applied) + " migrations were applied.\n");
  return 0;
}

} // namespace

void add_migrate(CLI::App& app, const run_later& run) {
  auto options = std::make_shared<migrate_options>();
  auto* command = app.add_subcommand("migrate", "Bring the database schema up to date");
  add_database_options(*command, options->database);
  command->add_flag("--status", options->only_status, "Change nothing: list the steps");
  command->add_flag("--json", options->as_json, "List them in JSON");
  command->callback([run, options] { run([options] { return run_migrate(*options); }); });
}

} // namespace serverme::servermed

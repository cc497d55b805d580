#include "nodes/servermed/commands/cluster_options.hpp"

#include "nodes/control/migrate.hpp"
#include "nodes/servermed/commands/commands.hpp"
#include "nodes/servermed/node_config.hpp"

#include <CLI/CLI.hpp>

namespace serverme::servermed {

void add_role_option(CLI::App& command, std::vector<std::string>& into, const char* purpose) {
  command.add_option("--role", into, purpose)->type_name("edge|worker|control");
}

result<node_roles> parse_roles(const std::vector<std::string>& texts) {
  node_roles roles;
  for (const auto& text : texts) {
    auto parsed = parse_node_roles(text);
    if (!parsed)
      return fail(errc::config_invalid,
                  "--role: '" + text + "' is none of edge, worker and control");
    roles.bits |= parsed->bits;
  }
  return roles;
}

result<std::filesystem::path> data_dir_of(const database_options& options) {
  node_config config;
  if (!options.config_file.empty())
    if (auto outcome = read_config_file(options.config_file, config); !outcome)
      return fail(outcome.error());
  if (!options.data_dir.empty())
    config.data_dir = options.data_dir;
  if (config.data_dir.empty())
    return fail(errc::config_invalid,
                "--data-dir is missing: where the node keeps what is its own");
  std::error_code error;
  return std::filesystem::absolute(config.data_dir, error);
}

int ask_cluster(const database_options& database, bool as_json,
                const std::function<result<answer>(control::cluster_ledger&)>& what) {
  auto opened = database_access::open(database);
  if (!opened)
    return report(opened.error());
  if (auto applied = control::migrate(opened->settings()); !applied)
    return report(applied.error());
  control::cluster_ledger facts{opened->settings()};
  auto told = what(facts);
  return told ? tell(*told, as_json) : report(told.error());
}

} // namespace serverme::servermed

// What the commands of a cluster share: roles on the command line, and the way to its ledger.
#pragma once

#include "nodes/control/cluster/cluster_ledger.hpp"
#include "nodes/servermed/commands/answer.hpp"
#include "nodes/servermed/database_access.hpp"
#include "protocol/node.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace serverme::servermed {

/// --role, once or more, each a role or several with commas between them.
void add_role_option(CLI::App& command, std::vector<std::string>& into, const char* purpose);
/// None when none is named. @errors config_invalid
result<node_roles> parse_roles(const std::vector<std::string>& texts);

/// --data-dir or data_dir of the file, absolute. @errors config_invalid, config_unreadable
result<std::filesystem::path> data_dir_of(const database_options& options);

/// Opens the database, brings it up to date, asks, and tells. @returns the exit code
int ask_cluster(const database_options& database, bool as_json,
                const std::function<result<answer>(control::cluster_ledger&)>& what);

} // namespace serverme::servermed

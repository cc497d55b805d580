// `servermed init`, `join` and `leave`: how a data directory becomes a node of a cluster, and
// ceases to be one.
#include "net/file.hpp"
#include "nodes/control/migrate.hpp"
#include "nodes/servermed/cluster/founding.hpp"
#include "nodes/servermed/cluster/own_host.hpp"
#include "nodes/servermed/commands/cluster_options.hpp"
#include "nodes/servermed/commands/commands.hpp"
#include "nodes/servermed/data_directory.hpp"
#include "nodes/servermed/node_config.hpp"
#include "nodes/servermed/utc_time.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace serverme::servermed {

namespace {

struct cluster_command {
  database_options database;
  std::vector<std::string> roles;
  std::string name, host, token, token_file;
  std::uint16_t join_port = default_join_port;
  bool as_json = false;
  bool is_forced = false;
};

result<node_wish> wish_of(const cluster_command& options, std::filesystem::path data_dir) {
  auto roles = parse_roles(options.roles);
  if (!roles)
    return fail(roles.error());
  if (!options.host.empty() && !parse_node_address(to_string(node_address{options.host, 1})))
    return fail(errc::config_invalid, "--host: '" + options.host + "' is no name or address");
  return node_wish{.data_dir = std::move(data_dir),
                   .roles = *roles,
                   .name = options.name.empty() ? own_name() : options.name,
                   .host = options.host.empty() ? own_address() : options.host,
                   .join_port = options.join_port};
}

json identity_json(const kept_identity& made) {
  return {{"cluster", to_string(made.who().cluster)},
          {"node", to_string(made.who().node)},
          {"name", made.name},
          {"roles", to_string(made.who().roles)},
          {"host", made.host},
          {"certificate_expires", utc_time(made.certificate.expires)}};
}

/// The database of a node that has none yet may be a private one below its data directory.
result<kept_identity> found(const cluster_command& options) {
  auto data_dir = data_dir_of(options.database);
  if (!data_dir)
    return fail(data_dir.error());
  auto wish = wish_of(options, *data_dir);
  if (!wish)
    return fail(wish.error());
  wish->roles.bits |= node_roles{node_role::control}.bits;
  auto directory = data_directory::open(*data_dir);
  if (!directory)
    return fail(directory.error());
  if (holds_identity(*data_dir))
    return fail(errc::identity_exists, data_dir->string());
  auto where = options.database;
  if (where.config_file.empty() && where.data_dir.empty())
    where.data_dir = data_dir->string();
  auto database = database_access::open(where);
  if (!database)
    return fail(database.error());
  if (auto applied = control::migrate(database->settings()); !applied)
    return fail(applied.error());
  return found_cluster(*wish, database->settings());
}

/// As it was given to this command.
std::string place_text(const database_options& options) {
  auto text = options.config_file.empty() ? "" : " --config " + options.config_file;
  if (!options.data_dir.empty())
    text += " --data-dir " + options.data_dir;
  return text;
}

int run_init(const cluster_command& options) {
  auto made = found(options);
  if (!made)
    return report(made.error());
  auto place = place_text(options.database);
  auto text = "Cluster " + to_string(made->who().cluster) + " is made; this is its first node, "
              + made->name + " (" + to_string(made->who().roles) + ").\n\nStart it:\n"
              + "  servermed run" + place + "\n\nInvite another one:\n"
              + "  servermed token create --role edge" + place + "\n\nNodes join at "
              + made->ways.joins.front()
              + ". Keep a copy of DATA_DIR/cluster/cluster.key in a safe place:\n"
                "without it, or another control node, nobody can join any more.\n";
  return tell({identity_json(*made), text}, options.as_json);
}

/// From the command line, a file, or standard input, which no list of processes shows.
result<join_token> read_token(const cluster_command& options) {
  if (options.token.empty() == options.token_file.empty())
    return fail(errc::config_invalid, "say --token or --token-file");
  if (!options.token.empty() && options.token != "-")
    return parse_join_token(options.token);
  if (options.token == "-" || options.token_file == "-") {
    std::string line;
    std::getline(std::cin, line);
    return parse_join_token(line);
  }
  auto text = net::read_file(options.token_file);
  if (!text)
    return fail(errc::config_unreadable, text.error().detail);
  return parse_join_token(*text);
}

result<kept_identity> join(const cluster_command& options) {
  auto data_dir = data_dir_of(options.database);
  if (!data_dir)
    return fail(data_dir.error());
  auto wish = wish_of(options, *data_dir);
  if (!wish)
    return fail(wish.error());
  auto token = read_token(options);
  if (!token)
    return fail(token.error());
  auto directory = data_directory::open(*data_dir);
  if (!directory)
    return fail(directory.error());
  return join_cluster(*wish, *token);
}

int run_join(const cluster_command& options) {
  auto made = join(options);
  if (!made)
    return report(made.error());
  return tell({identity_json(*made),
               "This is node " + to_string(made->who().node) + " (" + made->name + ", "
                 + to_string(made->who().roles) + ") of cluster " + to_string(made->who().cluster)
                 + ".\n\nNext:\n  servermed run --config FILE                start it\n"},
              options.as_json);
}

result<done> leave(const std::filesystem::path& data_dir, bool is_forced) {
  auto directory = data_directory::open(data_dir); // a running node is stopped first
  if (!directory)
    return fail(directory.error());
  if (!holds_identity(data_dir))
    return fail(errc::identity_missing, data_dir.string());
  return is_forced ? forget_identity(data_dir) : leave_cluster(data_dir);
}

int run_leave(const cluster_command& options) {
  auto data_dir = data_dir_of(options.database);
  if (!data_dir)
    return report(data_dir.error());
  if (auto left = leave(*data_dir, options.is_forced); !left)
    return report(left.error());
  return tell({{{"left", true}, {"told", !options.is_forced}},
               options.is_forced
                 ? "The node's files are gone. The cluster was not told: `servermed "
                   "node remove` does that.\n"
                 : "The node has left its cluster, and its files are gone.\n"},
              options.as_json);
}

std::shared_ptr<cluster_command> add_command(CLI::App& app, const run_later& run, const char* name,
                                             const char* purpose,
                                             int (*what)(const cluster_command&),
                                             CLI::App*& command) {
  auto options = std::make_shared<cluster_command>();
  command = app.add_subcommand(name, purpose);
  command->add_flag("--json", options->as_json, "Answer in JSON");
  command->callback([run, options, what] { run([options, what] { return what(*options); }); });
  return options;
}

void add_data_dir(CLI::App& command, database_options& into) {
  command.add_option("--data-dir", into.data_dir, "Where the node keeps what is its own")
    ->type_name("DIR");
  command.add_option("--config", into.config_file, "Configuration file of the node")
    ->type_name("FILE");
}

void add_introduction(CLI::App& command, cluster_command& into) {
  command.add_option("--name", into.name, "For people; the machine's name without it");
  command
    .add_option("--host", into.host,
                "Name or address by which other nodes reach this one; found out without it")
    ->type_name("HOST");
  command
    .add_option("--join-port", into.join_port, "Where nodes join at this one, if it is control")
    ->type_name("PORT");
}

} // namespace

void add_init(CLI::App& app, const run_later& run) {
  CLI::App* command = nullptr;
  auto options = add_command(app, run, "init", "Make a cluster, with this node as its first",
                             run_init, command);
  add_database_options(*command, options->database);
  add_role_option(*command, options->roles, "Further roles beside control");
  add_introduction(*command, *options);
}

void add_join(CLI::App& app, const run_later& run) {
  CLI::App* command = nullptr;
  auto options
    = add_command(app, run, "join", "Make this node one of a cluster", run_join, command);
  add_data_dir(*command, options->database);
  command->add_option("--token", options->token,
                      "From `servermed token create`; -: standard input");
  command->add_option("--token-file", options->token_file, "A file with the token")
    ->type_name("FILE");
  add_role_option(*command, options->roles, "Fewer roles than the token allows");
  add_introduction(*command, *options);
}

void add_leave(CLI::App& app, const run_later& run) {
  CLI::App* command = nullptr;
  auto options
    = add_command(app, run, "leave", "Take this node out of its cluster", run_leave, command);
  add_data_dir(*command, options->database);
  command->add_flag("--force", options->is_forced,
                    "Forget the node's files without telling the cluster");
}

} // namespace serverme::servermed

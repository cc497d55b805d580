// `servermed dev` and `servermed run`: a node until it is told to stop.
#include "config/misuse.hpp"
#include "net/listener.hpp"
#include "nodes/servermed/commands/commands.hpp"
#include "nodes/servermed/log.hpp"
#include "nodes/servermed/node.hpp"
#include "protocol/endpoint.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include <iostream>
#include <memory>

namespace serverme::servermed {

namespace {

/// As they were written; empty: not given.
struct node_options {
  std::string config_file, data_dir, domain, http, tls, api, health, tcp_ports, database;
  std::string log_format = "plain", log_level = "info";
  int loops = -1;
};

void add_node_options(CLI::App& command, node_options& into) {
  command.add_option("--config", into.config_file, "Configuration file (YAML)")->type_name("FILE");
  command.add_option("--data-dir", into.data_dir, "Where the node keeps what is its own")
    ->type_name("DIR");
  command.add_option("--domain", into.domain, "Tunnels are names below it")->type_name("NAME");
  command.add_option("--http", into.http, "Where visitors come")->type_name("HOST:PORT");
  command.add_option("--tls", into.tls, "Where agents come, HTTPS and TLS passthrough")
    ->type_name("HOST:PORT");
  command.add_option("--api", into.api, "Where the API listens, on control nodes")
    ->type_name("HOST:PORT");
  command.add_option("--health", into.health, "Where the node says how it is: /readyz, /metrics")
    ->type_name("HOST:PORT");
  command.add_option("--tcp-ports", into.tcp_ports, "Public ports of TCP tunnels")
    ->type_name("FIRST-LAST");
  command.add_option("--database", into.database, "PostgreSQL, as libpq reads it")
    ->type_name("URL");
  command.add_option("--loops", into.loops, "Event loops; 0: one up to two cores, else one a core")
    ->check(CLI::Range(0, 256).description(""))
    ->type_name("N");
  command.add_option("--log-format", into.log_format, "How the log is written")
    ->type_name("plain|json")
    ->check(config::one_of({"plain", "json"}));
  command
    .add_option("--log-level", into.log_level,
                "What is logged: trace, debug, info, warn, error or off")
    ->type_name("LEVEL")
    ->check(config::one_of({"trace", "debug", "info", "warn", "error", "off"}));
}

result<done> put_address(const char* option, const std::string& text, net::address& into) {
  if (text.empty())
    return done{};
  auto where = net::parse_address(text);
  if (!where)
    return fail(errc::config_invalid, std::string{option} + ": " + where.error().detail);
  into = std::move(*where);
  return done{};
}

/// The command line over the file over the defaults.
result<node_config> read_config(const node_options& options) {
  node_config config;
  if (!options.config_file.empty())
    if (auto outcome = read_config_file(options.config_file, config); !outcome)
      return fail(outcome.error());
  if (!options.data_dir.empty())
    config.data_dir = options.data_dir;
  if (!options.database.empty())
    config.database = options.database;
  if (options.loops >= 0)
    config.edge.loops = static_cast<unsigned>(options.loops);
  if (!options.domain.empty())
    config.domain = normalize_host(options.domain);
  if (config.domain.empty())
    return fail(errc::config_invalid, "--domain: '" + options.domain + "' is no host name");
  if (!options.tcp_ports.empty()) {
    auto range = parse_port_range(options.tcp_ports);
    if (!range)
      return fail(errc::config_invalid, "--tcp-ports: " + range.error().detail);
    config.tcp_ports = *range;
  }
  for (const auto& outcome : {put_address("--http", options.http, config.edge.http),
                              put_address("--tls", options.tls, config.edge.tls),
                              put_address("--api", options.api, config.api)})
    if (!outcome)
      return fail(outcome.error());
  if (!options.health.empty())
    if (auto put = put_address("--health", options.health, config.health.emplace()); !put)
      return fail(put.error());
  return config;
}

result<done> check_for(node_purpose purpose, const node_config& config) {
  if (purpose == node_purpose::production)
    return check_for_production(config);
  if (config.data_dir.empty())
    return fail(errc::config_invalid,
                "--data-dir is missing: where the node keeps what is its own");
  return done{};
}

void print_banner(const node_config& config, node_purpose purpose, const ready_addresses& where) {
  std::cout << "\n  servermed " << SERVERME_VERSION << " is ready.\n\n";
  if (where.http && where.tls) {
    auto port = where.http->port == 80 ? "" : ":" + std::to_string(where.http->port);
    std::cout << "  Tunnels       http://NAME." << where.domain << port << '\n'
              << "  HTTP          " << net::to_string(*where.http) << '\n'
              << "  Agents, TLS   " << net::to_string(*where.tls) << '\n'
              << "  TCP tunnels   " << config.edge.tcp_host << ", ports "
              << to_string(config.tcp_ports) << '\n';
  }
  if (where.api)
    std::cout << "  API           http://" << net::to_string(*where.api) << '\n';
  if (where.health)
    std::cout << "  Health        http://" << net::to_string(*where.health)
              << "/readyz, /metrics\n";
  if (where.cluster)
    std::cout << "  Cluster       " << net::to_string(*where.cluster) << ", as "
              << to_string(where.roles) << '\n';
  if (purpose == node_purpose::development && where.tls && where.api)
    std::cout << "\n  Open a tunnel to port 3000 of this machine:\n\n    serverme --config "
              << (std::filesystem::absolute(config.data_dir) / "cli.yml").string()
              << " http 3000\n\n  Ctrl+C stops the server.\n";
  std::cout << std::endl;
}

int run_node(const node_options& options, node_purpose purpose) {
  stop_request stop; // before the first thread
  set_up_log({.format = options.log_format == "json" ? log_format::json : log_format::plain,
              .level = options.log_level});
  auto config = read_config(options);
  if (!config)
    return report(config.error());
  if (auto outcome = check_for(purpose, *config); !outcome)
    return report(outcome.error());
  if (purpose == node_purpose::production && !config->health)
    config->health = net::address{"127.0.0.1", default_health_port};
  auto running = node::start(*config, purpose, stop);
  if (!running)
    return report(running.error());
  if (*running)
    print_banner(*config, purpose, (*running)->addresses());
  auto why = stop.await();
  stop.end_at_once();
  spdlog::info("stopping");
  running->reset();
  return why ? report(*why) : 0;
}

void add_node_command(CLI::App& app, const run_later& run, const char* name, const char* purpose,
                      node_purpose kind) {
  auto* command = app.add_subcommand(name, purpose);
  auto options = std::make_shared<node_options>();
  add_node_options(*command, *options);
  command->callback(
    [run, options, kind] { run([options, kind] { return run_node(*options, kind); }); });
}

} // namespace

void add_dev(CLI::App& app, const run_later& run) {
  add_node_command(app, run, "dev", "A whole server for development, with nothing to set up",
                   node_purpose::development);
}

void add_run(CLI::App& app, const run_later& run) {
  add_node_command(app, run, "run", "A server as its configuration says", node_purpose::production);
}

} // namespace serverme::servermed

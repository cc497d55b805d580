// `servermed status`, `servermed actors` and `servermed events`: how the cluster is, as a control
// node that runs sees it.
#include "nodes/servermed/commands/api_access.hpp"
#include "nodes/servermed/commands/commands.hpp"
#include "nodes/servermed/commands/watch_text.hpp"
#include "protocol/node.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace serverme::servermed {

namespace {

struct watch_options {
  api_options api;
  bool as_json = false;
  std::string node, since;
  std::uint32_t limit = 100;
  bool follow = false;
};

using watch_command = int (*)(const api_access&, const watch_options&);

/// For scripts: is all as it should be?
int show_status(const api_access& api, const watch_options& options) {
  auto came = api.get("/api/v1/cluster/nodes");
  if (!came)
    return report(came.error());
  tell({*came, options.as_json ? "" : nodes_text(*came)}, options.as_json);
  return came->value("status", "") == "ok" ? 0 : 1;
}

/// An id may be as short as it is unique, as in the table.
result<std::string> whole_id(const api_access& api, const std::string& said) {
  if (parse_node_id(said))
    return said;
  auto came = api.get("/api/v1/cluster/nodes");
  if (!came)
    return fail(came.error());
  std::string found;
  for (const auto& each : (*came)["nodes"]) {
    auto id = each["id"].is_string() ? each["id"].get<std::string>() : "";
    if (!(id.starts_with(said) || each.value("name", "") == said) || id.empty())
      continue;
    if (!found.empty())
      return fail(errc::config_invalid, "--node: more than one node is called '" + said + "'");
    found = id;
  }
  if (found.empty())
    return fail(errc::config_invalid, "--node: no node is called '" + said + "'");
  return found;
}

int show_actors(const api_access& api, const watch_options& options) {
  std::string target = "/api/v1/cluster/actors";
  if (!options.node.empty()) {
    auto id = whole_id(api, options.node);
    if (!id)
      return report(id.error());
    target += "?node=" + *id;
  }
  auto came = api.get(target);
  if (!came)
    return report(came.error());
  return tell({*came, options.as_json ? "" : actors_text(*came)}, options.as_json);
}

/// One line each, also in JSON: programs read lines.
int follow_events(const api_access& api, const watch_options& options) {
  auto ended = api.follow("/api/v1/cluster/live", [&options](const json& message) {
    auto event = message.value("event", "");
    if (event == "timeline")
      std::cout << (options.as_json ? message["entry"].dump() + "\n" : event_line(message["entry"]))
                << std::flush;
    else if (event == "lost" && !options.as_json)
      std::cerr << message["count"].dump() << " events were lost\n";
    return static_cast<bool>(std::cout);
  });
  return ended ? 0 : report(ended.error());
}

int show_events(const api_access& api, const watch_options& options) {
  if (options.follow)
    return follow_events(api, options);
  auto target = "/api/v1/cluster/events?limit=" + std::to_string(options.limit);
  if (!options.since.empty())
    target += "&since=" + options.since;
  auto came = api.get(target);
  if (!came)
    return report(came.error());
  return tell({*came, options.as_json ? "" : events_text(*came)}, options.as_json);
}

CLI::App* add_watch_command(CLI::App& app, const run_later& run, const char* name,
                            const char* purpose, watch_command what,
                            const std::shared_ptr<watch_options>& options) {
  auto* command = app.add_subcommand(name, purpose);
  add_api_options(*command, options->api);
  command->add_flag("--json", options->as_json, "Answer in JSON");
  command->callback([run, options, what] {
    run([options, what] {
      auto api = api_access::open(options->api);
      return api ? what(*api, *options) : report(api.error());
    });
  });
  return command;
}

} // namespace

void add_status(CLI::App& app, const run_later& run) {
  add_watch_command(app, run, "status", "How the nodes of the cluster are", show_status,
                    std::make_shared<watch_options>())
    ->footer("Exit codes: 0 all is well, 1 something is not, or nobody can be asked.");
}

void add_actors(CLI::App& app, const run_later& run) {
  auto options = std::make_shared<watch_options>();
  add_watch_command(app, run, "actors", "What runs inside the nodes of the cluster", show_actors,
                    options)
    ->add_option("--node", options->node, "One node only: its id, the beginning of it, or its name")
    ->type_name("NODE");
}

void add_events(CLI::App& app, const run_later& run) {
  auto options = std::make_shared<watch_options>();
  auto* command = add_watch_command(app, run, "events", "What has happened in the cluster",
                                    show_events, options);
  command->add_option("--limit", options->limit, "The newest so many")
    ->check(CLI::Range(1, 1000).description(""))
    ->type_name("N");
  command
    ->add_option("--since", options->since, "Nothing from before, such as 2026-11-24T20:00:00Z")
    ->type_name("TIME");
  command->add_flag("--follow", options->follow, "Show what happens from now on, until Ctrl+C");
}

} // namespace serverme::servermed

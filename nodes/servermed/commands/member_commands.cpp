// `servermed node`: the nodes of the cluster, as the database knows them.
#include "nodes/servermed/cluster/founding.hpp"
#include "nodes/servermed/commands/cluster_command.hpp"
#include "nodes/servermed/commands/table.hpp"
#include "nodes/servermed/utc_time.hpp"

#include <memory>
#include <sstream>

namespace serverme::servermed {

namespace {

struct member_options {
  database_options database;
  bool as_json = false;
  std::string node;
};

std::string time_or(wall_time when, const char* otherwise) {
  return when == wall_time{} ? std::string{otherwise} : utc_time(when);
}

result<answer> list_the_nodes(control::cluster_ledger& facts, const member_options&) {
  auto found = facts.answer(control::list_nodes{});
  if (!found)
    return fail(found.error());
  auto all = json::array();
  table rows{{"ID", "NAME", "ROLES", "ADDRESS", "JOINED", "CERTIFICATE UNTIL", "STATE"}};
  for (const auto& each : *found) {
    auto id = to_string(each.node), roles = to_string(each.roles);
    auto is_removed = each.removed != wall_time{};
    all.push_back({{"id", id},
                   {"name", each.name},
                   {"roles", roles},
                   {"cluster_address", each.cluster_address},
                   {"join_address", each.join_address},
                   {"joined", utc_time(each.joined)},
                   {"certificate_serial", each.serial},
                   {"certificate_expires", time_or(each.certificate_ends, "")},
                   {"state", is_removed ? "removed" : "member"},
                   {"removed", is_removed ? json(utc_time(each.removed)) : json(nullptr)},
                   {"removed_by", each.removed_by}});
    rows.add({id, each.name, roles, each.cluster_address, utc_time(each.joined),
              time_or(each.certificate_ends, "-"),
              is_removed ? "removed by " + each.removed_by : "member"});
  }
  std::ostringstream text;
  rows.print(text);
  return answer{std::move(all), text.str()};
}

result<answer> remove_a_node(control::cluster_ledger& facts, const member_options& options) {
  auto node = parse_node_id(options.node);
  if (!node)
    return fail(errc::config_invalid, "'" + options.node + "' is no node's id: 32 of 0-9a-f");
  if (auto removed = facts.answer(control::remove_node{*node, "operator"}); !removed)
    return fail(removed.error());
  return answer{{{"id", options.node}, {"state", "removed"}},
                "Node " + options.node + " is removed: it gets no more certificates.\n"};
}

int renew_here(const member_options& options) {
  auto data_dir = data_dir_of(options.database);
  if (!data_dir)
    return report(data_dir.error());
  auto fresh = renew_identity(*data_dir);
  if (!fresh)
    return report(fresh.error());
  auto until = utc_time(fresh->certificate.expires);
  return tell(
    {{{"node", to_string(fresh->who().node)},
      {"certificate_serial", fresh->certificate.serial},
      {"certificate_expires", until}},
     "The certificate of node " + to_string(fresh->who().node) + " is good until " + until + ".\n"},
    options.as_json);
}

void add_renew(CLI::App& group, const run_later& run) {
  auto options = std::make_shared<member_options>();
  auto* command = group.add_subcommand(
    "renew", "Get a new certificate for this node now; a running node does it by itself");
  command->add_option("--data-dir", options->database.data_dir, "The node's data directory")
    ->type_name("DIR");
  command->add_option("--config", options->database.config_file, "Configuration file of the node")
    ->type_name("FILE");
  command->add_flag("--json", options->as_json, "Answer in JSON");
  command->callback([run, options] { run([options] { return renew_here(*options); }); });
}

} // namespace

void add_node(CLI::App& app, const run_later& run) {
  auto* group = app.add_subcommand("node", "Nodes of the cluster")->require_subcommand(1);
  CLI::App* command = nullptr;
  add_cluster_command<member_options>(*group, run, "list", "List nodes", list_the_nodes, command);
  auto removed = add_cluster_command<member_options>(
    *group, run, "remove", "Keep a node out from now on", remove_a_node, command);
  command->add_option("id", removed->node, "Its id in `servermed node list`")->required();
  add_renew(*group, run);
}

} // namespace serverme::servermed

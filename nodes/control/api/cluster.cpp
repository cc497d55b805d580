// The whole cluster: its nodes, their actors, and what has happened. For admins.
#include "nodes/control/api/cluster_json.hpp"
#include "nodes/control/api/resources.hpp"

#include <utility>

namespace serverme::control {

namespace {

constexpr std::uint32_t events_by_default = 100;

/// Asks the overview. @returns whether there is one; else it is answered
template <class Reply, class Request>
void ask_overview(api_context& context, Request question, const answer_with& reply,
                  std::function<json(const Reply&)> shown) {
  if (!context.whom.overview)
    return reply(error_answer(fail(errc::api_unavailable)));
  context.ask<Reply>(context.whom.overview, context.settings.ask_time, std::move(question),
                     [reply, shown = std::move(shown)](const result<Reply>& came) {
                       reply(came ? json_answer(shown(*came)) : error_answer(came.error()));
                     });
}

json nodes_json(const actors::cluster_view& view) {
  auto problems = problems_of(view);
  json leader = nullptr;
  auto nodes = json::array();
  for (const auto& each : view.nodes) {
    if (each.report && each.report->term != 0)
      leader = node_id_json(each.member.id);
    nodes.push_back(node_json(each));
  }
  return {{"status", problems.empty() ? "ok" : "degraded"},
          {"problems", std::move(problems)},
          {"leader", std::move(leader)},
          {"answered_by", node_id_json(view.self)},
          {"nodes", std::move(nodes)}};
}

json actors_json(const actors::cluster_actors& all) {
  auto nodes = json::array();
  for (const auto& each : all.nodes)
    nodes.push_back(node_actors_json(each));
  return {{"nodes", std::move(nodes)}, {"missing", node_ids_json(all.missing)}};
}

json events_json(const actors::cluster_events& all) {
  auto entries = json::array();
  for (const auto& each : all.entries)
    entries.push_back(entry_json(each));
  return {{"events", std::move(entries)}, {"missing", node_ids_json(all.missing)}};
}

failure not_understood(const std::string& parameter) {
  return fail(errc::api_bad_request, "the value of parameter " + parameter);
}

result<actors::view_events> events_wanted(const std::map<std::string, std::string>& query) {
  actors::view_events wanted{.limit = events_by_default};
  if (auto since = query.find("since"); since != query.end()) {
    auto when = parse_time(since->second);
    if (!when)
      return not_understood("since");
    wanted.since = *when;
  }
  if (auto limit = query.find("limit"); limit != query.end()) {
    auto number = parse_id<strong<std::uint64_t, struct limit_tag>>(limit->second);
    if (!number || number->value > list_events::events_max)
      return not_understood("limit");
    wanted.limit = static_cast<std::uint32_t>(number->value);
  }
  return wanted;
}

} // namespace

void list_cluster_nodes(api_context& context, const api_request&, answer_with reply) {
  ask_overview<actors::cluster_view>(context, actors::view_cluster{}, reply, nodes_json);
}

void list_cluster_actors(api_context& context, const api_request& request, answer_with reply) {
  actors::view_actors wanted;
  if (auto node = request.query.find("node"); node != request.query.end()) {
    wanted.node = parse_node_id(node->second);
    if (!wanted.node)
      return reply(error_answer(not_understood("node")));
  }
  ask_overview<actors::cluster_actors>(context, wanted, reply, actors_json);
}

void list_cluster_events(api_context& context, const api_request& request, answer_with reply) {
  auto wanted = events_wanted(request.query);
  if (!wanted)
    return reply(error_answer(wanted.error()));
  ask_overview<actors::cluster_events>(context, *wanted, reply, events_json);
}

} // namespace serverme::control

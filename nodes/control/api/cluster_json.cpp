#include "nodes/control/api/cluster_json.hpp"

#include "protocol/membership/member.hpp"

#include <algorithm>
#include <ctime>

namespace serverme::control {

namespace {

std::string_view to_string(membership::state state) noexcept {
  switch (state) {
    case membership::state::alive: return "alive";
    case membership::state::suspect: return "suspect";
    case membership::state::dead: return "dead";
    case membership::state::left: return "left";
  }
  return "unknown";
}

std::string_view to_string(actor_standing standing) noexcept {
  switch (standing) {
    case actor_standing::running: return "running";
    case actor_standing::waiting_to_restart: return "waiting_to_restart";
    case actor_standing::given_up: return "given_up";
  }
  return "unknown";
}

json roles_json(node_roles roles) {
  auto all = json::array();
  constexpr std::pair<node_role, const char*> names[]
    = {{node_role::edge, "edge"}, {node_role::worker, "worker"}, {node_role::control, "control"}};
  for (const auto& [role, name] : names)
    if (roles.has(role))
      all.push_back(name);
  return all;
}

std::int64_t whole_seconds(milliseconds time) {
  return std::chrono::duration_cast<seconds>(time).count();
}

/// What only the node itself knows; nulls when it did not answer.
void add_report(json& out, const std::optional<node_report>& report) {
  out["answers"] = report.has_value();
  out["leader"] = report && report->term != 0;
  for (const auto* field : {"term", "sessions", "load", "memory_bytes", "actors", "ailing",
                            "started", "uptime_seconds"})
    out[field] = nullptr;
  if (!report)
    return;
  out["term"] = report->term;
  out["sessions"] = report->sessions;
  out["load"] = static_cast<double>(report->load) / 1'000;
  out["memory_bytes"] = report->memory_bytes;
  out["actors"] = report->actors;
  out["ailing"] = report->ailing;
  out["started"] = time_text(report->started);
  out["uptime_seconds"] = whole_seconds(report->uptime);
}

std::string called(const member_view& member) {
  if (member.id == node_id{})
    return "this server";
  return "node " + (member.name.empty() ? to_string(member.id) : member.name);
}

void add_problems(std::vector<std::string>& to, const actors::node_sight& node) {
  const auto who = called(node.member);
  if (node.member.state == membership::state::suspect)
    to.push_back(who + " does not answer its neighbours");
  if (node.member.state == membership::state::dead)
    to.push_back(who + " is dead");
  if (node.member.state == membership::state::alive && !node.report)
    to.push_back(who + " does not say how it is");
  if (!node.report)
    return;
  for (const auto& each : node.report->ailing)
    to.push_back(who + ": " + each + " does not run");
}

json crowd_json(const actor_crowd& crowd) {
  return {{"kind", crowd.kind},
          {"count", crowd.count},
          {"queued", crowd.queued},
          {"handled", crowd.handled}};
}

json busy_json(const busy_actor& actor) {
  return {{"kind", actor.kind},
          {"number", actor.number},
          {"queued", actor.queued},
          {"handled", actor.handled}};
}

} // namespace

json node_id_json(const node_id& id) {
  return id == node_id{} ? json(nullptr) : json(serverme::to_string(id));
}

json node_ids_json(const std::vector<node_id>& nodes) {
  auto all = json::array();
  for (const auto& each : nodes)
    all.push_back(node_id_json(each));
  return all;
}

json node_json(const actors::node_sight& node) {
  const auto& member = node.member;
  json out{{"id", node_id_json(member.id)},
           {"name", member.name},
           {"roles", roles_json(member.roles)},
           {"state", std::string{to_string(member.state)}},
           {"state_seconds", whole_seconds(member.age)},
           {"draining", member.draining},
           {"version", member.software},
           {"cluster_address", member.cluster_address},
           {"lane_address", member.lane_address},
           {"public_addresses", member.public_addresses}};
  add_report(out, node.report);
  return out;
}

std::vector<std::string> problems_of(const actors::cluster_view& view) {
  std::vector<std::string> all;
  for (const auto& each : view.nodes)
    add_problems(all, each);
  auto leads = [](const actors::node_sight& each) { return each.report && each.report->term != 0; };
  if (std::ranges::none_of(view.nodes, leads))
    all.emplace_back("no control node leads: nobody gives out names");
  return all;
}

json actor_json(const actor_view& view) {
  return {{"name", view.name},
          {"kind", view.kind},
          {"group", view.group},
          {"state", std::string{to_string(view.standing)}},
          {"restarts", view.restarts},
          {"age_seconds", whole_seconds(view.age)},
          {"last_error", view.last_error},
          {"queued", view.queued},
          {"handled", view.handled}};
}

json node_actors_json(const actors::node_actors& node) {
  auto views = json::array(), crowds = json::array(), busiest = json::array();
  for (const auto& each : node.list.actors)
    views.push_back(actor_json(each));
  for (const auto& each : node.list.crowds)
    crowds.push_back(crowd_json(each));
  for (const auto& each : node.list.busiest)
    busiest.push_back(busy_json(each));
  return {{"node", node_id_json(node.node)},
          {"actors", std::move(views)},
          {"crowds", std::move(crowds)},
          {"busiest", std::move(busiest)}};
}

json entry_json(const timeline_entry& entry) {
  return {{"time", time_text(entry.what.when)},
          {"kind", std::string{serverme::to_string(entry.what.kind)}},
          {"node", node_id_json(entry.what.about)},
          {"name", entry.what.name},
          {"detail", entry.what.detail},
          {"seen_by", node_ids_json(entry.seen_by)}};
}

std::optional<wall_time> parse_time(const std::string& text) {
  std::tm parts{};
  const auto* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr)
    return std::nullopt;
  auto fraction = microseconds{0};
  if (*rest == '.') {
    auto unit = microseconds{seconds{1}};
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest)
      fraction += (*rest - '0') * (unit /= 10);
  }
  if (std::string_view{rest} != "Z")
    return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts)) + fraction;
}

} // namespace serverme::control

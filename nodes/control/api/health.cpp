// Is it alive, can it do its work, and how is it? Without a key: for those that watch it.
#include "nodes/control/api/answers.hpp"
#include "nodes/control/api/resources.hpp"

#include <algorithm>
#include <optional>

namespace serverme::control {

namespace {

/// All questions at once: who watches has little patience.
struct asking {
  node_health found;
  bool has_database = false;
  bool has_actors = false;
  std::size_t awaited = 0;
  std::function<void(node_health)> answered;
};

bool all_run(const std::vector<actor_view>& actors) {
  return std::ranges::all_of(
    actors, [](const auto& each) { return each.standing == actor_standing::running; });
}

/// A control node may be the only one; every other node has joined somebody.
bool is_in_touch(const member_list& list) {
  return std::ranges::any_of(list.members, [&list](const member_view& each) {
    return each.id == list.self ? each.roles.has(node_role::control)
                                : membership::is_live(each.state);
  });
}

void conclude(asking& all, const api_context& context) {
  if (--all.awaited > 0)
    return;
  auto& found = all.found;
  found.parts.push_back({"database", all.has_database});
  found.parts.push_back({"actors", all.has_actors && all_run(found.actors)});
  if (context.whom.members)
    found.parts.push_back({"membership", found.members && is_in_touch(*found.members)});
  for (auto& each : context.whom.parts())
    found.parts.push_back(std::move(each));
  all.answered(std::move(found));
}

void ask_health(api_context& context, std::function<void(node_health)> answered) {
  auto all = std::make_shared<asking>();
  all->answered = std::move(answered);
  all->awaited = context.whom.members ? 3 : 2;
  context.ask<store_ready>(context.whom.store, context.settings.probe_time, probe_store{},
                           [all, &context](const result<store_ready>& database) {
                             all->has_database = database.has_value();
                             conclude(*all, context);
                           });
  ask_supervisors(context, [all, &context](result<actor_list> list) {
    all->has_actors = list.has_value();
    if (list)
      all->found.actors = std::move(list->actors);
    conclude(*all, context);
  });
  if (context.whom.members)
    context.ask<member_list>(context.whom.members, context.settings.probe_time, list_members{},
                             [all, &context](result<member_list> list) {
                               if (list)
                                 all->found.members = *std::move(list);
                               conclude(*all, context);
                             });
}

/// States and names only, for everybody may ask.
api_answer readiness(const node_health& health, const std::vector<std::string>& needed) {
  auto parts = json::object();
  auto missing = json::array();
  auto can_work = true;
  for (const auto& each : health.parts) {
    parts[each.name] = each.is_ready ? "ready" : "unavailable";
    if (each.is_ready)
      continue;
    missing.push_back(each.name);
    can_work = can_work && std::ranges::count(needed, each.name) == 0;
  }
  const auto* status = missing.empty() ? "ready" : can_work ? "degraded" : "unavailable";
  return json_answer(
    {{"status", status}, {"parts", std::move(parts)}, {"missing", std::move(missing)}},
    can_work ? 200 : 503);
}

} // namespace

void answer_healthz(api_context&, const api_request&, answer_with reply) {
  reply(json_answer({{"status", "ok"}, {"version", SERVERME_VERSION}}));
}

void answer_readyz(api_context& context, const api_request&, answer_with reply) {
  ask_health(context, [&context, reply = std::move(reply)](const node_health& health) {
    reply(readiness(health, context.settings.needed));
  });
}

void answer_metrics(api_context& context, const api_request&, answer_with reply) {
  ask_health(context, [&context, reply = std::move(reply)](const node_health& health) {
    reply({.status = 200,
           .body = context.whom.metrics(health),
           // https://prometheus.io/docs/instrumenting/exposition_formats/
           .content_type = "text/plain; version=0.0.4; charset=utf-8"});
  });
}

} // namespace serverme::control

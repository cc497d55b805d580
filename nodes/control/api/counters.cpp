// What was refused or given up because a bound was reached: for admins.
#include "nodes/control/api/answers.hpp"
#include "nodes/control/api/resources.hpp"

namespace serverme::control {

std::vector<named_count> counts_of(const api_context& context) {
  return {{"api_connections_dropped", context.connections_dropped,
           "Connections to the API that neither asked nor read, closed for newer ones"},
          {"api_connections_refused", context.connections_refused,
           "Connections to the API beyond its bound while none was idle"},
          {"api_live_views_refused", context.live_views.refused(),
           "Live views beyond those of an account, or of all"},
          {"api_replays_refused", context.replays.refused(),
           "Replays beyond those of an account, or of all"}};
}

void list_all_counters(api_context& context, const api_request&, answer_with reply) {
  json counts;
  for (const auto& each : counts_of(context))
    counts[each.name] = each.count;
  for (const auto& each : context.whom.counters())
    counts[each.name] = each.count;
  reply(json_answer({{"counters", std::move(counts)}}));
}

} // namespace serverme::control

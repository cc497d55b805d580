// What was refused or given up because a bound was reached: for admins.
#include "nodes/control/api/answers.hpp"
#include "nodes/control/api/resources.hpp"

namespace serverme::control {

void list_all_counters(api_context& context, const api_request&, answer_with reply) {
  json counts{{"api_connections_dropped", context.connections_dropped},
              {"api_connections_refused", context.connections_refused},
              {"api_live_views_refused", context.live_views.refused()},
              {"api_replays_refused", context.replays.refused()}};
  for (const auto& [name, count] : context.whom.counters())
    counts[name] = count;
  reply(json_answer({{"counters", std::move(counts)}}));
}

} // namespace serverme::control

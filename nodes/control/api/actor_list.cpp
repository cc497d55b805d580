// How the actors are: for admins.
#include "nodes/control/api/cluster_json.hpp"
#include "nodes/control/api/resources.hpp"

namespace serverme::control {

namespace {

/// One after the other: there are two or three.
void ask_next(api_context& context, std::size_t index, actor_list so_far,
              std::function<void(result<actor_list>)> answered) {
  if (index == context.whom.supervisors.size())
    return answered(std::move(so_far));
  context.ask<actor_list>(context.whom.supervisors[index], context.settings.ask_time, list_actors{},
                          [&context, index, so_far = std::move(so_far),
                           answered = std::move(answered)](result<actor_list> list) mutable {
                            if (!list)
                              return answered(fail(list.error()));
                            so_far.actors.insert(so_far.actors.end(), list->actors.begin(),
                                                 list->actors.end());
                            ask_next(context, index + 1, so_far, answered);
                          });
}

} // namespace

void ask_supervisors(api_context& context, std::function<void(result<actor_list>)> answered) {
  ask_next(context, 0, {}, std::move(answered));
}

void list_all_actors(api_context& context, const api_request&, answer_with reply) {
  ask_supervisors(context, [reply = std::move(reply)](const result<actor_list>& list) {
    if (!list)
      return reply(error_answer(list.error()));
    auto views = json::array();
    for (const auto& each : list->actors)
      views.push_back(actor_json(each));
    reply(json_answer({{"actors", std::move(views)}}));
  });
}

} // namespace serverme::control

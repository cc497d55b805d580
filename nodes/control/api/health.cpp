// Is it alive, and can it do its work? Without a key: for those that watch it.
#include "nodes/control/api/answers.hpp"
#include "nodes/control/api/resources.hpp"

#include <algorithm>

namespace serverme::control {

namespace {

/// "ready", or which part is not; a state only, for everybody may ask.
void tell_parts(const answer_with& reply, bool database, bool actors) {
  auto word = [](bool is_ready) { return is_ready ? "ready" : "unavailable"; };
  auto all = database && actors;
  reply(json_answer({{"status", all ? "ready" : "unavailable"},
                     {"parts", {{"database", word(database)}, {"actors", word(actors)}}}},
                    all ? 200 : 503));
}

bool all_run(const result<actor_list>& list) {
  return list && std::all_of(list->actors.begin(), list->actors.end(), [](const auto& each) {
           return each.standing == actor_standing::running;
         });
}

} // namespace

void answer_healthz(api_context&, const api_request&, answer_with reply) {
  reply(json_answer({{"status", "ok"}, {"version", SERVERME_VERSION}}));
}

void answer_readyz(api_context& context, const api_request&, answer_with reply) {
  context.ask<store_ready>(
    context.whom.store, context.settings.ask_time, probe_store{},
    [&context, reply = std::move(reply)](const result<store_ready>& database) {
      ask_supervisors(context,
                      [reply, has_database = database.has_value()](const result<actor_list>& list) {
                        tell_parts(reply, has_database, all_run(list));
                      });
    });
}

} // namespace serverme::control

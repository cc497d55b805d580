// A tunnel's requests as they happen, over a WebSocket.
#include "nodes/control/api/answers.hpp"
#include "nodes/control/api/resources.hpp"

namespace serverme::control {

void open_live(api_context& context, const api_request& request, answer_with reply) {
  auto endpoint = parse_id<endpoint_id>(request.ids[0]);
  if (!endpoint)
    return reply(error_answer(fail(errc::api_not_found)));
  if (!request.is_upgrade)
    return reply(error_answer(fail(errc::api_bad_request, "this is a WebSocket")));
  auto who = request.owner.account;
  if (!context.live_views.take(who))
    return reply(error_answer(fail(errc::too_many_calls)));
  auto bell = std::make_shared<std::function<void()>>([] {});
  auto feed = std::make_shared<actors::capture_feed>(context.settings.live_waiting_max,
                                                     context.on_loop([bell] { (*bell)(); }));
  context.ask<actors::watching>(context.whom.desk, context.settings.ask_time,
                                actors::watch_captures{request.who(), *endpoint, feed},
                                [&context, who, reply = std::move(reply), feed,
                                 bell](const result<actors::watching>& watching) {
                                  auto seat = context.live_views.hold(who);
                                  if (!watching)
                                    return reply(error_answer(watching.error()));
                                  reply({.status = 101, .live = {feed, bell, std::move(seat)}});
                                });
}

} // namespace serverme::control

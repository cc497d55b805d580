// A tunnel's requests as they happen, over a WebSocket.
#include "nodes/control/api/capture_json.hpp"
#include "nodes/control/api/resources.hpp"

namespace serverme::control {

namespace {

live_batch take_from(actors::capture_feed& feed) {
  auto batch = feed.take();
  live_batch out{.texts = {}, .ended = batch.ended};
  if (batch.lost > 0)
    out.texts.push_back(event_text({{"event", "lost"}, {"count", batch.lost}}));
  for (const auto& each : batch.captures)
    out.texts.push_back(
      event_text({{"event", "request"}, {"request", summary_json(summarize(*each))}}));
  return out;
}

} // namespace

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
                                  reply({.status = 101,
                                         .live = {.take = [feed] { return take_from(*feed); },
                                                  .bell = bell,
                                                  .seat = std::move(seat),
                                                  .end_reason = "the tunnel is gone"}});
                                });
}

} // namespace serverme::control

// What changes in the cluster as it happens, over a WebSocket. For admins.
#include "nodes/control/api/cluster_json.hpp"
#include "nodes/control/api/resources.hpp"

namespace serverme::control {

namespace {

json news_json(const actors::node_changed& news) {
  return {{"event", "node"}, {"node", node_json(news.node)}};
}

json news_json(const actors::node_gone& news) {
  return {{"event", "node_gone"}, {"id", node_id_json(news.node)}};
}

json news_json(const timeline_entry& entry) {
  return {{"event", "timeline"}, {"entry", entry_json(entry)}};
}

live_batch take_from(actors::cluster_feed& feed) {
  auto batch = feed.take();
  live_batch out{.texts = {}, .ended = batch.ended};
  if (batch.lost > 0)
    out.texts.push_back(event_text({{"event", "lost"}, {"count", batch.lost}}));
  for (const auto& each : batch.news)
    out.texts.push_back(
      std::visit([](const auto& news) { return event_text(news_json(news)); }, each));
  return out;
}

} // namespace

void open_cluster_live(api_context& context, const api_request& request, answer_with reply) {
  if (!request.is_upgrade)
    return reply(error_answer(fail(errc::api_bad_request, "this is a WebSocket")));
  if (!context.whom.overview)
    return reply(error_answer(fail(errc::api_unavailable)));
  auto who = request.owner.account;
  if (!context.live_views.take(who))
    return reply(error_answer(fail(errc::too_many_calls)));
  auto bell = std::make_shared<std::function<void()>>([] {});
  auto feed = std::make_shared<actors::cluster_feed>(context.settings.cluster_waiting_max,
                                                     context.on_loop([bell] { (*bell)(); }));
  context.ask<actors::watching_cluster>(
    context.whom.overview, context.settings.ask_time, actors::watch_cluster{feed},
    [&context, who, reply = std::move(reply), feed,
     bell](const result<actors::watching_cluster>& watching) {
      auto seat = context.live_views.hold(who);
      if (!watching)
        return reply(error_answer(watching.error()));
      reply({.status = 101,
             .live = {.take = [feed] { return take_from(*feed); },
                      .bell = bell,
                      .seat = std::move(seat),
                      .end_reason = "the overview is started again"}});
    });
}

} // namespace serverme::control

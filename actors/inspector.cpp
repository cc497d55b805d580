#include "actors/inspector.hpp"

#include "actors/probed.hpp"
#include "protocol/capture_ring.hpp"

#include <vector>

namespace serverme::actors {

namespace {

// Open pages of one tunnel's owner; arbitrary, far above what people do.
constexpr std::size_t feeds_max = 64;
// A flood of requests comes in batches: a wake-up for each cost more than the request itself did.
// Nobody sees the difference.
constexpr milliseconds taken_every{5};

struct inspector_state {
  static inline const char* name = "inspector";
  inspector_state() = default; // declared: CAF would build an aggregate from the actor itself
  ~inspector_state() {
    for (const auto& each : feeds)
      if (auto feed = each.lock())
        feed->end();
  }

  capture_ring ring;
  std::shared_ptr<capture_feed> arriving;
  std::vector<std::weak_ptr<capture_feed>> feeds;
  std::uint64_t dropped = 0;
  /// Before it, nothing is taken but for who asks.
  caf::actor_clock::time_point rests_until = caf::actor_clock::time_point::min();
};

using inspector_self = self_pointer<inspector_actor, inspector_state>;

void forget_gone_feeds(inspector_state& state) {
  std::erase_if(state.feeds, [](const auto& feed) { return feed.expired(); });
}

void take_arrived(inspector_state& state) {
  auto arrived = state.arriving->take();
  state.dropped += arrived.lost;
  forget_gone_feeds(state);
  for (const auto& exchange : arrived.captures) {
    state.ring.add(exchange);
    for (const auto& each : state.feeds)
      if (auto feed = each.lock())
        feed->offer(exchange);
  }
}

// At once when it was quiet. Else later, and until then the intake wakes nobody.
void on_wake(inspector_self self) {
  auto now = self->clock().now();
  auto& rests_until = self->state.rests_until;
  if (now < rests_until)
    return self->delayed_send(self, rests_until - now, take_captures{});
  rests_until = now + taken_every;
  take_arrived(self->state);
}

// Whoever asks sees all that was recorded before.
inspector_state& up_to_date(inspector_self self) {
  take_arrived(self->state);
  return self->state;
}

capture_page list(const inspector_state& state, const list_captures& ask) {
  auto page = state.ring.list(ask.filter, ask.before, ask.limit);
  page.dropped = state.dropped;
  return page;
}

result<capture_found> find(const inspector_state& state, const get_capture& ask) {
  auto exchange = state.ring.find(ask.capture);
  if (!exchange)
    return fail(errc::api_not_found, "request " + std::to_string(ask.capture.value));
  return capture_found{std::move(exchange)};
}

result<watching> watch(inspector_state& state, const watch_captures& ask) {
  forget_gone_feeds(state);
  if (state.feeds.size() >= feeds_max)
    return fail(errc::too_busy, "too many live views of this tunnel");
  state.feeds.push_back(ask.feed);
  return watching{ask.endpoint};
}

inspector_actor::behavior_type inspector(inspector_self self, const caf::actor& session,
                                         endpoint_id endpoint,
                                         const std::shared_ptr<capture_intake>& intake,
                                         capture_limits limits) {
  self->state.ring = capture_ring{limits};
  auto weak = self->address();
  self->state.arriving = intake->open(endpoint, [weak] {
    if (auto alive = caf::actor_cast<inspector_actor>(weak))
      caf::anon_send(alive, take_captures{});
  });
  self->monitor(session);
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { self->quit(news.reason); });
  return {
    [self](const list_captures& ask) { return list(up_to_date(self), ask); },
    [self](const get_capture& ask) { return reply(find(up_to_date(self), ask)); },
    [self](const clear_captures&) { return captures_cleared{up_to_date(self).ring.clear()}; },
    [self](const watch_captures& ask) { return reply(watch(self->state, ask)); },
    [self](const take_captures&) { on_wake(self); },
  };
}

} // namespace

inspector_actor spawn_inspector(caf::actor_system& system, const caf::actor& session,
                                endpoint_id endpoint, std::shared_ptr<capture_intake> intake,
                                capture_limits limits) {
  return system.spawn(inspector, session, endpoint, std::move(intake), limits);
}

} // namespace serverme::actors

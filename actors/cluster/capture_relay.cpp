#include "actors/cluster/capture_relay.hpp"

#include "actors/probed.hpp"

#include <deque>
#include <utility>

namespace serverme::actors {

namespace {

constexpr milliseconds desk_timeout{3'000};

struct capture_relay_state {
  static inline const char* name = "capture_relay";
  capture_relay_state() = default; // declared: CAF would build an aggregate from the actor itself

  desk_actor desk;
  capture_sink_actor sink;
  relay_limits limits;
  std::shared_ptr<capture_feed> feed;
  std::deque<shared_capture> taken; // from the feed, and not sent yet
  std::uint64_t lost = 0;
  bool has_ended = false;
  bool has_told_end = false;
  std::size_t untaken = 0; // messages
};

using relay_self = self_pointer<capture_relay_actor, capture_relay_state>;

std::size_t weight_of(const capture& exchange) {
  return sizeof(capture) + exchange.target.size() + exchange.request.head.size()
         + exchange.request.body.size() + exchange.response.head.size()
         + exchange.response.body.size();
}

void take_from_feed(capture_relay_state& state) {
  auto batch = state.feed->take();
  state.lost += batch.lost;
  state.has_ended = state.has_ended || batch.ended;
  state.taken.assign(batch.captures.begin(), batch.captures.end());
}

relayed_captures next_message(capture_relay_state& state) {
  relayed_captures news{.captures = {}, .lost = std::exchange(state.lost, 0)};
  for (std::size_t bytes = 0; !state.taken.empty() && bytes < state.limits.batch_bytes_max;) {
    bytes += weight_of(*state.taken.front());
    news.captures.push_back({std::move(state.taken.front())});
    state.taken.pop_front();
  }
  news.ended = state.has_ended && state.taken.empty();
  return news;
}

void send_next(relay_self self);

void on_taken(relay_self self) {
  --self->state.untaken;
  if (self->state.has_told_end && self->state.untaken == 0)
    return self->quit();
  send_next(self);
}

// Takes from the feed only what may be sent now: what waits stays bounded there.
void send_next(relay_self self) {
  auto& state = self->state;
  while (state.sink && !state.has_told_end && state.untaken < state.limits.untaken_max) {
    if (state.taken.empty())
      take_from_feed(state);
    auto news = next_message(state);
    if (news.captures.empty() && news.lost == 0 && !news.ended)
      return;
    state.has_told_end = news.ended;
    ++state.untaken;
    self->request(state.sink, state.limits.taken_within, std::move(news))
      .then([self](const captures_taken&) { on_taken(self); },
            [self](const caf::error&) { self->quit(); });
  }
}

caf::result<relaying> begin(relay_self self, const relay_captures& ask) {
  auto& state = self->state;
  if (state.sink || !ask.sink)
    return make_caf_error(fail(errc::api_bad_request, "a relay has one sink"));
  state.sink = caf::actor_cast<capture_sink_actor>(ask.sink);
  self->monitor(state.sink);
  auto promise = self->make_response_promise<relaying>();
  self->request(state.desk, desk_timeout, watch_captures{ask.who, ask.endpoint, state.feed})
    .then(
      [self, promise](const watching& there) mutable {
        promise.deliver(relaying{there.endpoint, caf::actor_cast<caf::strong_actor_ptr>(self)});
      },
      [self, promise](caf::error& why) mutable {
        promise.deliver(std::move(why));
        self->quit();
      });
  return promise;
}

capture_relay_actor::behavior_type capture_relay(relay_self self, const caf::actor_addr& owner,
                                                 desk_actor desk, const relay_limits& limits) {
  auto& state = self->state;
  state.desk = std::move(desk);
  state.limits = limits;
  state.feed = std::make_shared<capture_feed>(limits.waiting_max, [weak = self->address()] {
    if (auto alive = caf::actor_cast<capture_relay_actor>(weak))
      caf::anon_send(alive, send_captures{});
  });
  self->monitor(owner);
  // Of the owner or of the sink.
  self->set_down_handler([self](caf::scheduled_actor*, caf::down_msg&) { self->quit(); });
  return {
    [self](const relay_captures& ask) { return begin(self, ask); },
    [self](const send_captures&) { send_next(self); },
  };
}

} // namespace

capture_relay_actor spawn_capture_relay(caf::actor_system& system, const caf::actor_addr& owner,
                                        desk_actor desk, const relay_limits& limits) {
  return system.spawn(capture_relay, owner, std::move(desk), limits);
}

} // namespace serverme::actors

#include "actors/cluster/capture_sink.hpp"

#include "actors/probed.hpp"

#include <utility>

namespace serverme::actors {

namespace {

struct capture_sink_state {
  static inline const char* name = "capture_sink";
  capture_sink_state() = default; // declared: CAF would build an aggregate from the actor itself
  ~capture_sink_state() {
    if (auto watched = feed.lock())
      watched->end();
  }

  std::weak_ptr<capture_feed> feed;
  sink_times times;
};

using sink_self = self_pointer<local_sink_actor, capture_sink_state>;

caf::result<watching> begin(sink_self self, const watch_remote& ask) {
  auto promise = self->make_response_promise<watching>();
  self
    ->request(ask.desk, self->state.times.answer_within,
              relay_captures{ask.who, ask.endpoint, caf::actor_cast<caf::strong_actor_ptr>(self)})
    .then(
      [self, promise](const relaying& there) mutable {
        self->monitor(there.relay);
        promise.deliver(watching{there.endpoint});
      },
      [self, promise](caf::error& why) mutable {
        promise.deliver(std::move(why));
        self->quit();
      });
  return promise;
}

captures_taken take(sink_self self, const relayed_captures& news) {
  if (auto feed = self->state.feed.lock()) {
    if (news.lost > 0)
      feed->offer_lost(news.lost);
    for (const auto& each : news.captures)
      feed->offer(each.exchange);
    if (news.ended)
      self->quit();
  } else {
    self->quit();
  }
  return {news.captures.size()};
}

void look(sink_self self) {
  if (self->state.feed.expired())
    return self->quit();
  self->delayed_send(self, self->state.times.look_every, look_for_watcher{});
}

local_sink_actor::behavior_type capture_sink(sink_self self, const caf::actor_addr& owner,
                                             std::weak_ptr<capture_feed> feed,
                                             const sink_times& times) {
  self->state.feed = std::move(feed);
  self->state.times = times;
  self->monitor(owner);
  // Of the owner or of the relay.
  self->set_down_handler([self](caf::scheduled_actor*, caf::down_msg&) { self->quit(); });
  self->delayed_send(self, times.look_every, look_for_watcher{});
  return {
    [self](const relayed_captures& news) { return take(self, news); },
    [self](const watch_remote& ask) { return begin(self, ask); },
    [self](const look_for_watcher&) { look(self); },
  };
}

} // namespace

local_sink_actor spawn_capture_sink(caf::actor_system& system, const caf::actor_addr& owner,
                                    std::weak_ptr<capture_feed> feed, const sink_times& times) {
  return system.spawn(capture_sink, owner, std::move(feed), times);
}

} // namespace serverme::actors

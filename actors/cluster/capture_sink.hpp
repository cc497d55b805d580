// CAPTURE SINK: fills the feed of a watcher with the captures of a tunnel on another node.
//
// Owned by  the cluster desk that spawned it.
// Owns      nothing; it knows the feed weakly: who lets go of it unsubscribes, here and over there.
// Fails     ends the feed when the tunnel, the relay, its node or the owner is gone.
#pragma once

#include "actors/cluster/desk_messages.hpp"
#include "protocol/time.hpp"

namespace serverme::actors {

/// As the relay on the other node sees it.
using capture_sink_actor = caf::typed_actor<answers<relayed_captures, captures_taken>>;

/// To one's own sink, once. Answered when captures are on their way.
struct watch_remote {
  /// A remote_desk_actor.
  caf::actor desk;
  asker who;
  endpoint_id endpoint;
};

/// Its own timer.
struct look_for_watcher {};

using local_sink_actor
  = capture_sink_actor::extend<answers<watch_remote, watching>, takes<look_for_watcher>>;

struct sink_times {
  /// For the other node's desk.
  milliseconds answer_within{2'000};
  /// How soon a watcher who let go is missed, at the latest.
  milliseconds look_every{1'000};
};

local_sink_actor spawn_capture_sink(caf::actor_system& system, const caf::actor_addr& owner,
                                    std::weak_ptr<capture_feed> feed, const sink_times& times);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::watch_remote)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::look_for_watcher)

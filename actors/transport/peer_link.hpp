// PEER LINK: keeps one actor of one other node at hand, whatever happens on the way.
//
// Owned by  whoever needs that actor; it is told link_up and link_down.
// Owns      nothing but its attempts: the connection is the gateway's, and shared by all links.
// Fails     not; what it cannot reach it tries again, with full jitter up to the ceiling.
#pragma once

#include "actors/transport/node_gateway.hpp"
#include "protocol/backoff.hpp"

#include <functional>
#include <set>
#include <string>

namespace serverme::actors {

/// The owner may use it until link_down.
struct link_up {
  std::string service;
  node_identity who;
  caf::actor actor;
};

struct link_down {
  std::string service;
  node_identity who;
};

/// Its own.
struct try_link {
  std::uint64_t attempt = 0;
};

using peer_link_actor = caf::typed_actor<takes<try_link>>;

struct peer_link_options {
  std::string host;
  std::uint16_t port = 0;
  std::string service;
  /// What the actor must understand: system.message_types<T>(); empty: a dynamically typed one.
  std::set<std::string> interface;
  backoff_limits backoff{.first = milliseconds{100}, .ceiling = milliseconds{5'000}};
  /// In [0, 1).
  std::function<double()> random = [] { return 1.0; };
};

/// Ends when it is told to exit, or when the owner is gone.
peer_link_actor spawn_peer_link(caf::actor_system& system, const gateway_actor& gateway,
                                const caf::actor& owner, peer_link_options options);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::link_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::link_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::try_link)

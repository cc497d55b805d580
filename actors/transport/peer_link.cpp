#include "actors/transport/peer_link.hpp"

#include "actors/probed.hpp"

#include <utility>

namespace serverme::actors {

namespace {

// Longer than a gateway takes for a dial and its greetings.
constexpr milliseconds connect_timeout{20'000};
constexpr milliseconds answer_timeout{5'000};

struct peer_link_state {
  static inline const char* name = "peer_link";

  gateway_actor gateway;
  caf::actor owner;
  peer_link_options options;
  backoff pauses;
  std::uint64_t attempt = 0;
  node_identity who;
  caf::actor remote;
  caf::actor_clock::time_point since{};
};

using self_type = self_pointer<peer_link_actor, peer_link_state>;

void try_again(self_type self) {
  auto& state = self->state;
  self->delayed_send(self, state.pauses.on_failure(state.options.random()),
                     try_link{++state.attempt});
}

void on_found(self_type self, const service_location& found) {
  auto& state = self->state;
  std::set<std::string> interface { found.interface.begin(), found.interface.end() };
  // The check that CAF's remote_actor<T>() would make.
  if (!found.actor || !self->system().assignable(interface, state.options.interface))
    return try_again(self);
  state.remote = caf::actor_cast<caf::actor>(found.actor);
  state.since = self->clock().now();
  self->monitor(state.remote);
  caf::anon_send(state.owner, link_up{state.options.service, state.who, state.remote});
}

void look_up(self_type self, const connected_peer& peer) {
  self->state.who = peer.who;
  self->request(peer.gateway, answer_timeout, find_service{self->state.options.service})
    .then([self](const service_location& found) { on_found(self, found); },
          [self](const caf::error&) { try_again(self); });
}

void on_lost(self_type self) {
  auto& state = self->state;
  auto lived = self->clock().now() - state.since;
  state.remote = nullptr;
  state.pauses.on_lost(std::chrono::duration_cast<milliseconds>(lived));
  caf::anon_send(state.owner, link_down{state.options.service, state.who});
  try_again(self);
}

peer_link_actor::behavior_type peer_link(self_type self, const gateway_actor& gateway,
                                         const caf::actor& owner,
                                         const peer_link_options& options) {
  auto& mine = self->state;
  mine.gateway = gateway;
  mine.owner = owner;
  mine.options = options;
  mine.pauses = backoff{options.backoff};
  self->monitor(owner);
  self->set_down_handler([self](const caf::down_msg& down) {
    if (down.source == self->state.owner.address())
      self->quit();
    else if (self->state.remote && down.source == self->state.remote.address())
      on_lost(self);
  });
  self->send(self, try_link{mine.attempt});
  return {[self](const try_link& now) {
    auto& state = self->state;
    if (now.attempt != state.attempt || state.remote)
      return;
    self
      ->request(state.gateway, connect_timeout,
                connect_peer{state.options.host, state.options.port})
      .then([self](const connected_peer& peer) { look_up(self, peer); },
            [self](const caf::error&) { try_again(self); });
  }};
}

} // namespace

peer_link_actor spawn_peer_link(caf::actor_system& system, const gateway_actor& gateway,
                                const caf::actor& owner, peer_link_options options) {
  return system.spawn(peer_link, gateway, owner, std::move(options));
}

} // namespace serverme::actors

// Which nodes offer a service, and which of those that may offer it do not: for an actor that asks
// all of them. Its state has a peer_services named `services`; the functions are its handlers.
#pragma once

#include "actors/transport/cluster_config.hpp"
#include "actors/transport/node_gateway.hpp"
#include "protocol/time.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace serverme::actors {

/// Its own timer.
struct look_for_services {};

struct peer_services {
  struct place {
    caf::actor gateway; // none: this node itself
    caf::actor actor;   // none: not found yet, or no more
    bool is_asked = false;
  };

  std::string service;
  /// Which nodes have it; nothing: all.
  std::optional<node_role> role;
  /// What the actor must understand: system.message_types<T>().
  std::set<std::string> interface;
  /// For those that are not there yet, or no more.
  milliseconds look_every{500};
  milliseconds answer_within{2'000};
  /// How long a node that is gone is missed.
  milliseconds lost_for{60'000};

  std::map<node_id, place> places;
  std::map<node_id, time_point> lost;

  /// Those that cannot be asked now: in any order, perhaps twice.
  std::vector<node_id> missing() const {
    std::vector<node_id> nodes;
    for (const auto& [node, since] : lost)
      nodes.push_back(node);
    for (const auto& [node, there] : places)
      if (!there.actor)
        nodes.push_back(node);
    return nodes;
  }
};

template <class Self>
void service_found(Self self, node_id node, const caf::actor& by, const service_location& where) {
  auto& all = self->state.services;
  auto there = all.places.find(node);
  if (there == all.places.end() || there->second.gateway != by || !where.actor)
    return;
  std::set<std::string> interface { where.interface.begin(), where.interface.end() };
  if (!self->system().assignable(interface, all.interface))
    return;
  there->second.actor = caf::actor_cast<caf::actor>(where.actor);
  self->monitor(where.actor);
}

template <class Self>
void look_for_service_of(Self self, node_id node, peer_services::place& there) {
  if (there.actor || there.is_asked)
    return;
  there.is_asked = true;
  auto asked = [self, node, by = there.gateway] {
    auto& places = self->state.services.places;
    auto each = places.find(node);
    if (each != places.end() && each->second.gateway == by)
      each->second.is_asked = false;
  };
  const auto& all = self->state.services;
  self->request(there.gateway, all.answer_within, find_service{all.service})
    .then(
      [self, node, by = there.gateway, asked](const service_location& where) {
        asked();
        service_found(self, node, by, where);
      },
      [asked](const caf::error&) { asked(); });
}

/// The handler of look_for_services; starts its timer again.
template <class Self>
void look_for_all_services(Self self) {
  auto& all = self->state.services;
  auto forgotten = self->clock().now() - all.lost_for;
  std::erase_if(all.lost, [&](const auto& each) { return each.second <= forgotten; });
  for (auto& [node, there] : all.places)
    look_for_service_of(self, node, there);
  self->delayed_send(self, all.look_every, look_for_services{});
}

/// The handler of peer_up.
template <class Self>
void service_peer_came(Self self, const peer_up& news) {
  auto& all = self->state.services;
  if (all.role && !news.who.roles.has(*all.role))
    return;
  all.lost.erase(news.who.node);
  auto& there = all.places[news.who.node];
  there = {.gateway = news.gateway, .actor = nullptr};
  look_for_service_of(self, news.who.node, there);
}

/// The handler of peer_down.
template <class Self>
void service_peer_left(Self self, const peer_down& news) {
  auto& all = self->state.services;
  if (all.places.erase(news.who.node) > 0)
    all.lost[news.who.node] = self->clock().now();
}

/// Of a monitored actor: was it one of these?
template <class Self>
void service_ended(Self self, const caf::actor_addr& who) {
  for (auto& [node, there] : self->state.services.places)
    if (there.actor && there.actor.address() == who)
      there.actor = nullptr;
}

/// Once, at the start. `own`: this node's; none: it has none. Without a gateway that is all there
/// is.
template <class Self>
void begin_services(Self self, const gateway_actor& gateway, peer_services how,
                    const caf::actor& own) {
  auto& all = self->state.services;
  all = std::move(how);
  if (own)
    all.places[gateway ? node_of(self->system().node()).value_or(node_id{}) : node_id{}]
      = {.gateway = nullptr, .actor = own};
  if (!gateway)
    return;
  self->send(gateway, watch_peers{caf::actor_cast<caf::actor>(self)});
  self->delayed_send(self, all.look_every, look_for_services{});
}

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::look_for_services)

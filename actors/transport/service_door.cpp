#include "actors/transport/service_door.hpp"

#include "actors/probed.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace serverme::actors {

namespace {

struct service_door_state {
  static inline const char* name = "service_door";
  service_door_state() = default; // declared: CAF would build an aggregate from the actor itself
  ~service_door_state() {
    if (options)
      options->door.lead_to(nullptr);
  }

  std::optional<service_door_options> options;
  caf::actor own;                      // this node's gateway
  std::map<node_id, caf::actor> nodes; // gateways of those with the role
  caf::strong_actor_ptr current;
  caf::actor offerer; // the gateway that named it
  std::size_t unanswered = 0;
};

using door_self = self_pointer<service_door_actor, service_door_state>;

void lead_to(door_self self, caf::strong_actor_ptr whom, caf::actor offerer) {
  auto& state = self->state;
  if (state.current)
    self->demonitor(state.current->address());
  state.current = std::move(whom);
  state.offerer = std::move(offerer);
  state.options->door.lead_to(state.current);
  if (!state.current)
    return;
  self->monitor(state.current);
  state.options->found();
}

bool is_understood(door_self self, const service_location& found) {
  std::set<std::string> interface { found.interface.begin(), found.interface.end() };
  return self->system().assignable(interface, self->state.options->interface);
}

// The one that serves counts: others that offer it too are for later.
void offered(door_self self, const caf::actor& by, const service_location& where) {
  auto& state = self->state;
  if (!where.actor || !is_understood(self, where))
    return;
  if (state.current == where.actor)
    state.offerer = by;
  else if (!state.current || state.offerer == by)
    lead_to(self, where.actor, by);
}

void not_offered(door_self self, const caf::actor& by) {
  if (self->state.current && self->state.offerer == by)
    lead_to(self, nullptr, nullptr);
}

void ask(door_self self, const caf::actor& gateway) {
  auto& state = self->state;
  ++state.unanswered;
  self->request(gateway, state.options->answer_within, find_service{state.options->service})
    .then(
      [self, gateway](const service_location& where) {
        --self->state.unanswered;
        offered(self, gateway, where);
      },
      [self, gateway](const caf::error&) {
        --self->state.unanswered;
        not_offered(self, gateway);
      });
}

// While one serves it alone is asked; everybody else when it does not.
void look(door_self self) {
  auto& state = self->state;
  if (state.unanswered > 0)
    return;
  if (state.current)
    return ask(self, state.offerer);
  ask(self, state.own);
  for (const auto& [node, gateway] : state.nodes)
    ask(self, gateway);
}

service_door_actor::behavior_type service_door(door_self self, const gateway_actor& gateway,
                                               service_door_options options) {
  auto& state = self->state;
  state.options = std::move(options);
  state.own = caf::actor_cast<caf::actor>(gateway);
  self->set_down_handler([self](caf::scheduled_actor*, caf::down_msg& news) {
    if (self->state.current && self->state.current->address() == news.source)
      lead_to(self, nullptr, nullptr);
  });
  self->send(gateway, watch_peers{caf::actor_cast<caf::actor>(self)});
  self->send(self, look_for_service{});
  return {
    [self](const peer_up& news) {
      auto& mine = self->state;
      if (!news.who.roles.has(mine.options->role))
        return;
      mine.nodes[news.who.node] = news.gateway;
      if (!mine.current) // who has just started need not wait for the next look
        ask(self, news.gateway);
    },
    [self](const peer_down& news) {
      auto gone = self->state.nodes.extract(news.who.node);
      if (gone && self->state.offerer == gone.mapped())
        lead_to(self, nullptr, nullptr);
    },
    [self](const look_for_service&) {
      look(self);
      self->delayed_send(self, self->state.options->look_every, look_for_service{});
    },
  };
}

} // namespace

service_door_actor spawn_service_door(caf::actor_system& system, const gateway_actor& gateway,
                                      service_door_options options) {
  return system.spawn(service_door, gateway, std::move(options));
}

} // namespace serverme::actors

#include "actors/cluster/cluster_member.hpp"

#include "actors/cluster/cluster_member_state.hpp"
#include "actors/transport/cluster_config.hpp"

#include <algorithm>
#include <utility>

namespace serverme::actors {

namespace {

// Some gossip periods.
constexpr milliseconds goodbye_time{500};
constexpr milliseconds mesh_period{1'000};
// A node that floods this one with gossip does not fill its memory: beyond, it is not looked at.
constexpr std::uint64_t mailbox_max = 10'000;

void tell(member_self self, const membership::event& what) {
  auto& state = self->state;
  auto news = news_of(self, what);
  for (const auto& watcher : state.watchers)
    if (auto whom = caf::actor_cast<caf::strong_actor_ptr>(watcher))
      caf::anon_send(caf::actor_cast<caf::actor>(whom), news);
  state.options.on_news(news);
  if (what.kind == membership::event_kind::forgotten)
    state.counts.messages_dropped += state.plan.forget(what.who);
  if (what.kind == membership::event_kind::joined)
    state.mesh_due = std::min(state.mesh_due, self->clock().now());
  if (what.kind != membership::event_kind::refused || !what.why || !is_permanent(what.why->code)
      || std::exchange(state.ended, true))
    return;
  state.options.on_conflict(*what.why);
}

// Stale timers are told by their number.
void arm(member_self self) {
  auto& state = self->state;
  auto now = self->clock().now();
  auto due = state.core->next_due();
  if (is_running(self))
    due = std::min(due, state.mesh_due); // seeds that are away are dialed then at the latest
  due = std::max(due, now);
  if (state.armed && *state.armed <= due)
    return;
  state.armed = due;
  self->delayed_send(self, due - now, member_tick{++state.timer});
}

void tick(member_self self, const member_tick& timer) {
  auto& state = self->state;
  if (timer.timer != state.timer)
    return;
  state.armed.reset();
  auto now = self->clock().now();
  state.core->tick(now);
  if (is_running(self)) {
    dial_seeds(self);
    if (now >= state.mesh_due) {
      state.mesh_due = now + mesh_period;
      complete_mesh(self);
    }
  }
  settle(self);
}

// Who wrote it is who its certificate says; a message names no sender that could be believed.
void hear(member_self self, const gossip& heard) {
  auto& state = self->state;
  const auto& sender = self->current_sender();
  auto from = sender ? node_of(sender->node()) : std::nullopt;
  if (!from || sender->node() == self->node()) {
    ++state.counts.messages_refused;
    return;
  }
  if (self->queued() > mailbox_max) {
    ++state.counts.messages_dropped;
    return;
  }
  add_link(self, *from, sender);
  state.core->handle(*from, as_bytes(heard.bytes), self->clock().now());
  settle(self);
}

caf::result<member_list> watch(member_self self) {
  auto& state = self->state;
  const auto& sender = self->current_sender();
  if (!sender)
    return list_of(self);
  auto is_new = !state.watchers.contains(sender->address());
  if (is_new && state.watchers.size() >= state.options.watchers_max)
    return make_caf_error(fail(errc::too_busy, "too many watch the members"));
  if (is_new) {
    state.watchers.insert(sender->address());
    self->monitor(sender);
  }
  return list_of(self);
}

void on_down(member_self self, const caf::actor_addr& who) {
  self->state.watchers.erase(who);
  if (drop_link(self, who))
    settle(self);
}

caf::result<cluster_left> leave(member_self self) {
  auto& state = self->state;
  auto promise = self->make_response_promise<cluster_left>();
  state.leaving.push_back(promise);
  state.left = true;
  state.core->leave(self->clock().now());
  settle(self);
  self->delayed_send(self, goodbye_time, goodbye_heard{});
  return promise;
}

caf::result<facts_updated> update(member_self self, const update_facts& news) {
  auto updated = self->state.core->update(news.about, self->clock().now());
  if (!updated)
    return make_caf_error(updated.error());
  settle(self);
  return facts_updated{};
}

caf::result<member_banned> ban(member_self self, const ban_member& order) {
  auto banned = self->state.core->ban(order.who, self->clock().now());
  if (!banned)
    return make_caf_error(banned.error());
  settle(self);
  return member_banned{};
}

void begin(member_self self, const gateway_actor& gateway, cluster_member_options options) {
  auto& state = self->state;
  auto now = self->clock().now();
  state.gateway = gateway;
  state.started = now;
  state.mesh_due = now;
  state.dice = membership::dice{options.random_seed};
  state.plan = membership::dial_plan{options.dials};
  for (const auto& where : options.seeds)
    if (parse_node_address(options.about.cluster_address) != where)
      state.seeds.push_back({.where = where, .pauses = backoff{options.seed_pauses}});
  state.core.emplace(*node_of(self->node()), options.started, options.about, options.limits,
                     state.dice.next(), now);
  state.options = std::move(options);
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { on_down(self, news.source); });
  auto types = self->system().template message_types<cluster_member_actor>();
  self->send(gateway, offer_service{membership_service,
                                    caf::actor_cast<caf::strong_actor_ptr>(self),
                                    {types.begin(), types.end()}});
  self->send(gateway, watch_peers{caf::actor_cast<caf::actor>(self)});
  dial_seeds(self);
  settle(self);
}

member_with_timers::behavior_type cluster_member(member_self self, const gateway_actor& gateway,
                                                 cluster_member_options options) {
  begin(self, gateway, std::move(options));
  return {
    [self](const gossip& heard) { hear(self, heard); },
    [self](const list_members&) { return list_of(self); },
    [self](const watch_members&) { return watch(self); },
    [self](const update_facts& news) { return update(self, news); },
    [self](const leave_cluster&) { return leave(self); },
    [self](const ban_member& order) { return ban(self, order); },
    [self](const unban_member& order) { self->state.core->unban(order.who); },
    [self](const seed_heard& news) {
      if (is_running(self))
        hear_seed(self, news);
    },
    [self](const member_tick& timer) { tick(self, timer); },
    [self](const look_for_member& where) { find_member(self, where); },
    [self](const goodbye_heard&) {
      for (auto& each : std::exchange(self->state.leaving, {}))
        each.deliver(cluster_left{});
    },
    [self](const peer_up& news) {
      on_peer_up(self, news);
      settle(self);
    },
    [self](const peer_down& news) {
      on_peer_down(self, news);
      settle(self);
    },
  };
}

} // namespace

void settle(member_self self) {
  auto& core = *self->state.core;
  membership::outgoing message;
  membership::event news;
  while (core.poll(message))
    carry(self, std::move(message));
  while (core.poll(news))
    tell(self, news);
  arm(self);
}

own_member_actor spawn_cluster_member(caf::actor_system& system, const gateway_actor& gateway,
                                      cluster_member_options options) {
  return system.spawn(cluster_member, gateway, std::move(options));
}

} // namespace serverme::actors

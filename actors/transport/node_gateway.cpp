#include "actors/transport/node_gateway.hpp"

#include "actors/probed.hpp"
#include "actors/transport/cluster_config.hpp"
#include "actors/transport/wire_scribe.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace serverme::actors {

namespace {

// CAF files what it publishes under a port. Nothing listens there.
constexpr std::uint16_t gateway_port = 1;
constexpr milliseconds answer_timeout{5'000};

using broker_actor = caf::actor;
using connected_promise = caf::typed_response_promise<connected_peer>;

struct node_gateway_state {
  static inline const char* name = "node_gateway";

  struct peer {
    node_identity who;
    caf::actor gateway;
  };

  struct waiter {
    std::uint64_t number = 0;
    connected_promise promise;
  };

  ~node_gateway_state() {
    for (auto& [node, wire] : wires)
      wire->close();
    for (const auto& [node, each] : peers)
      for (const auto& watcher : memory->watchers)
        caf::anon_send(watcher, peer_down{each.who});
    auto why = make_caf_error(fail(errc::control_unavailable, "the gateway has ended"));
    for (auto& [number, promise] : dials)
      promise.deliver(why);
    for (auto& [node, all] : waiters)
      for (auto& each : all)
        each.promise.deliver(why);
  }

  broker_actor broker;
  peer_dialer dial;
  std::uint64_t last_number = 0;
  std::map<std::uint64_t, connected_promise> dials;
  std::map<node_id, std::shared_ptr<peer_wire>> wires; // the newest of each node
  std::map<node_id, peer> peers;                       // those whose gateway is known
  std::map<node_id, std::vector<waiter>> waiters;
  std::shared_ptr<gateway_memory> memory = std::make_shared<gateway_memory>();
};

using self_type = self_pointer<gateway_actor, node_gateway_state>;

caf::io::scribe_ptr adopt(self_type self, const std::shared_ptr<peer_wire>& wire) {
  self->state.wires[wire->peer().node] = wire;
  return caf::make_counted<wire_scribe>(self->system(), wire);
}

void tell_watchers(self_type self, const auto& news) {
  for (const auto& each : self->state.memory->watchers)
    caf::anon_send(each, news);
}

void know(self_type self, const node_identity& who, const caf::actor& gateway) {
  auto& state = self->state;
  if (auto known = state.peers.find(who.node); known != state.peers.end()) {
    if (known->second.gateway == gateway)
      return;
    self->demonitor(known->second.gateway.address());
  }
  self->monitor(gateway);
  state.peers[who.node] = {who, gateway};
  tell_watchers(self, peer_up{who, gateway});
  for (auto& each : std::exchange(state.waiters[who.node], {}))
    each.promise.deliver(connected_peer{who, gateway});
  state.waiters.erase(who.node);
}

bool is_of(const peer_wire& wire, const caf::node_id& process) {
  return caf_node_of(basp_node_of(wire.peer(), wire.peer_run())) == process;
}

void forget(self_type self, const caf::down_msg& down) {
  auto& state = self->state;
  std::erase_if(state.memory->services, [&](const auto& each) {
    return each.second.actor && each.second.actor->address() == down.source;
  });
  std::erase_if(state.memory->watchers,
                [&](const caf::actor& each) { return each.address() == down.source; });
  auto gone = std::ranges::find_if(
    state.peers, [&](const auto& each) { return each.second.gateway.address() == down.source; });
  if (gone == state.peers.end())
    return;
  auto who = gone->second.who;
  state.peers.erase(gone);
  // A gateway that failed on a node that lives: only a new connection brings the next one. What
  // another process of that node has connected meanwhile stays.
  auto wire = state.wires.find(who.node);
  if (wire != state.wires.end() && is_of(*wire->second, down.source.node())) {
    wire->second->close();
    state.wires.erase(wire);
  }
  tell_watchers(self, peer_down{who});
}

// Whoever answers to this is at the end of the wire that says who he is.
void greet(self_type self, const node_identity& who, const caf::strong_actor_ptr& gateway,
           connected_promise promise) {
  auto there = caf::actor_cast<caf::actor>(gateway);
  self->request(there, answer_timeout, greet_node{caf::actor_cast<caf::strong_actor_ptr>(self)})
    .then(
      [self, who, there, promise](const node_greeted&) mutable {
        know(self, who, there);
        promise.deliver(connected_peer{who, there});
      },
      [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
}

void begin_basp(self_type self, const dialed_peer& peer, connected_promise promise) {
  self
    ->request(self->state.broker, answer_timeout, caf::connect_atom::value, adopt(self, peer.wire),
              gateway_port)
    .then(
      [self, who = peer.who, promise](const caf::node_id&, const caf::strong_actor_ptr& gateway,
                                      const std::set<std::string>&) mutable {
        if (gateway)
          return greet(self, who, gateway, promise);
        promise.deliver(make_caf_error(fail(errc::control_unavailable, "no gateway there")));
      },
      [wire = peer.wire, promise](caf::error& why) mutable {
        wire->close();
        promise.deliver(std::move(why));
      });
}

// He has dialed us, and is about to say which gateway is his.
void await_greeting(self_type self, const node_identity& who, connected_promise promise) {
  auto& state = self->state;
  if (auto known = state.peers.find(who.node); known != state.peers.end()) {
    promise.deliver(connected_peer{known->second.who, known->second.gateway});
    return;
  }
  auto number = ++state.last_number;
  state.waiters[who.node].push_back({number, std::move(promise)});
  self->delayed_send(self, answer_timeout, give_up_waiting{who.node, number});
}

caf::result<node_greeted> on_greet(self_type self, const greet_node& greeting) {
  auto& state = self->state;
  auto who = greeting.gateway ? node_of(greeting.gateway->node()) : std::nullopt;
  auto wire = who ? state.wires.find(*who) : state.wires.end();
  auto sender = self->current_sender();
  if (wire == state.wires.end() || !sender || sender->node() != greeting.gateway->node())
    return make_caf_error(fail(errc::certificate_refused, "a gateway of another node"));
  know(self, wire->second->peer(), caf::actor_cast<caf::actor>(greeting.gateway));
  return node_greeted{};
}

caf::result<connected_peer> on_connect(self_type self, const connect_peer& wanted) {
  auto& state = self->state;
  auto promise = self->make_response_promise<connected_peer>();
  auto number = ++state.last_number;
  state.dials.emplace(number, promise);
  // On a thread of the connections. Not a strong handle: a dial keeps nobody alive.
  auto me = caf::actor_cast<caf::weak_actor_ptr>(self);
  state.dial(wanted.host, wanted.port, [me, number](result<dialed_peer> outcome) {
    if (auto alive = me.lock())
      caf::anon_send(caf::actor_cast<caf::actor>(alive), dial_ended{number, std::move(outcome)});
    else if (outcome && outcome->wire)
      outcome->wire->close();
  });
  return promise;
}

void on_dial_ended(self_type self, const dial_ended& ended) {
  auto dial = self->state.dials.extract(ended.dial);
  if (!dial)
    return;
  auto promise = dial.mapped();
  if (!ended.outcome)
    promise.deliver(make_caf_error(ended.outcome.error()));
  else if (ended.outcome->wire)
    begin_basp(self, *ended.outcome, promise);
  else
    await_greeting(self, ended.outcome->who, promise);
}

void on_give_up(self_type self, const give_up_waiting& late) {
  auto& waiting = self->state.waiters;
  auto all = waiting.find(late.node);
  if (all == waiting.end())
    return;
  std::erase_if(all->second, [&](node_gateway_state::waiter& each) {
    if (each.number != late.waiter)
      return false;
    each.promise.deliver(make_caf_error(fail(errc::control_unavailable, "it did not greet us")));
    return true;
  });
  if (all->second.empty())
    waiting.erase(all);
}

caf::result<service_location> find(self_type self, const find_service& wanted) {
  const auto& services = self->state.memory->services;
  auto found = services.find(wanted.name);
  if (found == services.end())
    return make_caf_error(fail(errc::control_unavailable, "no service '" + wanted.name + "'"));
  return found->second;
}

// Whoever asks again is told again.
void watch(self_type self, const watch_peers& wish) {
  auto& watchers = self->state.memory->watchers;
  if (std::ranges::find(watchers, wish.watcher) == watchers.end()) {
    self->monitor(wish.watcher);
    watchers.push_back(wish.watcher);
  }
  for (const auto& [node, peer] : self->state.peers)
    caf::anon_send(wish.watcher, peer_up{peer.who, peer.gateway});
}

// Those who ended meanwhile are told of at once, and forgotten.
void remember(self_type self, std::shared_ptr<gateway_memory> memory) {
  for (const auto& [name, service] : memory->services)
    self->monitor(service.actor);
  for (const auto& watcher : memory->watchers)
    self->monitor(watcher);
  self->state.memory = std::move(memory);
}

gateway_actor::behavior_type node_gateway(self_type self, const peer_dialer& dial,
                                          std::shared_ptr<gateway_memory> memory) {
  self->state.broker
    = self->system().middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
  self->state.dial = dial;
  self->set_down_handler([self](const caf::down_msg& down) { forget(self, down); });
  remember(self, std::move(memory));
  return {
    [self](const greet_node& greeting) { return on_greet(self, greeting); },
    [self](const find_service& wanted) { return find(self, wanted); },
    [self](const connect_peer& wanted) { return on_connect(self, wanted); },
    [self](const wire_came& came) {
      caf::anon_send(self->state.broker, caf::publish_atom::value, adopt(self, came.wire),
                     gateway_port, caf::actor_cast<caf::strong_actor_ptr>(self),
                     std::set<std::string>{});
    },
    [self](const offer_service& offer) {
      self->state.memory->services[offer.name] = {offer.actor, offer.interface};
      self->monitor(offer.actor);
    },
    [self](const withdraw_service& order) { self->state.memory->services.erase(order.name); },
    [self](const watch_peers& wish) { watch(self, wish); },
    [self](const list_peers&) {
      peer_list out;
      for (const auto& [node, peer] : self->state.peers)
        out.peers.push_back(peer.who);
      return out;
    },
    [self](const dial_ended& ended) { on_dial_ended(self, ended); },
    [self](const give_up_waiting& late) { on_give_up(self, late); },
  };
}

} // namespace

gateway_actor spawn_node_gateway(caf::actor_system& system, peer_dialer dial,
                                 std::shared_ptr<gateway_memory> memory) {
  return system.spawn(node_gateway, std::move(dial), std::move(memory));
}

} // namespace serverme::actors

// The ways of the cluster member to the others: found, dialed, lost.
#include "actors/cluster/cluster_member_state.hpp"

#include <algorithm>

namespace serverme::actors {

namespace {

// Longer than a gateway takes for a dial and its greetings.
constexpr milliseconds connect_timeout{20'000};
constexpr milliseconds answer_timeout{5'000};
// A node that starts offers its membership a moment after it listens.
constexpr backoff_limits find_pauses{.first = milliseconds{50}, .ceiling = milliseconds{2'000}};
// An identity that is used twice has two; a third would be noise.
constexpr std::size_t links_max = 2;
// A seed that turned out to be connected already is looked at again so soon.
constexpr milliseconds seed_period{1'000};
// Of two that have just heard of each other the one with the smaller id dials; the other one
// later, should that have failed.
constexpr milliseconds dial_anyway_after{2'000};

bool is_linked(member_self self, const node_id& node) {
  auto found = self->state.peers.find(node);
  return found != self->state.peers.end() && !found->second.members.empty();
}

bool is_connected(member_self self, const node_id& node) {
  auto found = self->state.peers.find(node);
  return found != self->state.peers.end() && (found->second.gateway || is_linked(self, node));
}

void send_gossip(member_self self, const caf::strong_actor_ptr& member, std::string_view bytes) {
  auto& counts = self->state.counts;
  ++counts.messages_out;
  counts.bytes_out += bytes.size();
  self->send(caf::actor_cast<membership_wire>(member), gossip{std::string{bytes}});
}

// A control node that was dialed may have said that this one has no place in the cluster.
void heed(member_self self, const caf::error& why) {
  auto what = to_failure(why);
  if (what.code == errc::identity_in_use || what.code == errc::node_removed)
    self->state.core->expel(what, self->clock().now());
}

void on_dial_failed(member_self self, const node_id& node) {
  auto& state = self->state;
  auto now = self->clock().now();
  ++state.counts.dials_failed;
  state.counts.messages_dropped += state.plan.on_failed(node, now, random_of(self));
  if (!is_connected(self, node))
    state.core->on_link_lost(node, now);
  settle(self);
}

void dial(member_self self, const node_id& node) {
  auto& state = self->state;
  const auto* known = state.core->find(node);
  if (known == nullptr || !known->what.about || is_connected(self, node))
    return;
  auto where = parse_node_address(known->what.about->cluster_address);
  if (!where || !state.plan.begin(node, self->clock().now()))
    return;
  ++state.counts.dials;
  self->request(state.gateway, connect_timeout, connect_peer{where->host, where->port})
    .then(
      [self, node](const connected_peer& peer) {
        // Its address may be another node's by now.
        if (peer.who.node == node)
          self->state.plan.on_connected(node, self->clock().now());
        else
          on_dial_failed(self, node);
      },
      [self, node](const caf::error& why) {
        heed(self, why);
        on_dial_failed(self, node);
      });
}

void dial_seed(member_self self, std::size_t index) {
  auto& seed = self->state.seeds[index];
  seed.dialing = true;
  ++self->state.counts.dials;
  self
    ->request(self->state.gateway, connect_timeout, connect_peer{seed.where.host, seed.where.port})
    .then(
      [self, index](const connected_peer& peer) {
        auto now = self->clock().now();
        auto& dialed = self->state.seeds[index];
        dialed.dialing = false;
        dialed.node = peer.who.node;
        dialed.due = now + seed_period;
        dialed.pauses = backoff{self->state.options.seed_pauses};
        if (is_linked(self, peer.who.node))
          self->state.core->contact(peer.who.node, now);
        settle(self);
      },
      [self, index](const caf::error& why) {
        heed(self, why);
        auto& missed = self->state.seeds[index];
        missed.dialing = false;
        missed.due = self->clock().now() + missed.pauses.on_failure(random_of(self));
        ++self->state.counts.dials_failed;
        settle(self);
      });
}

} // namespace

void carry(member_self self, membership::outgoing&& what) {
  auto& state = self->state;
  if (is_linked(self, what.to)) {
    for (const auto& member : state.peers[what.to].members)
      send_gossip(self, member, what.bytes.text());
    return;
  }
  dial(self, what.to);
  state.counts.messages_dropped += state.plan.keep(what.to, std::move(what.bytes));
}

void add_link(member_self self, const node_id& node, const caf::strong_actor_ptr& member) {
  auto& state = self->state;
  auto& members = state.peers[node].members;
  if (std::ranges::count(members, member) > 0)
    return;
  // Started again on the same node, or one more that claims to be it.
  auto former
    = std::ranges::find_if(members, [&](const auto& x) { return x->node() == member->node(); });
  if (former == members.end() && members.size() >= links_max)
    former = members.begin();
  if (former != members.end()) {
    self->demonitor((*former)->address());
    members.erase(former);
  }
  members.push_back(member);
  self->monitor(member);
  for (const auto& bytes : state.plan.take(node))
    send_gossip(self, member, bytes.text());
  auto is_seed = std::ranges::any_of(state.seeds, [&](const auto& x) { return x.node == node; });
  if (is_seed || state.core->live() == 0)
    state.core->contact(node, self->clock().now());
}

bool drop_link(member_self self, const caf::actor_addr& member) {
  for (auto& [node, peer] : self->state.peers) {
    if (std::erase_if(peer.members, [&](const auto& x) { return x->address() == member; }) == 0)
      continue;
    if (!peer.members.empty())
      return true;
    auto lost = node;
    if (peer.gateway) // its node lives: the next one is offered soon
      self->send(self, look_for_member{lost, peer.gateway, backoff{find_pauses}});
    else
      self->state.peers.erase(lost);
    self->state.core->on_link_lost(lost, self->clock().now());
    return true;
  }
  return false;
}

void find_member(member_self self, const look_for_member& where) {
  auto is_over = [self, where] {
    auto known = self->state.peers.find(where.node);
    if (known == self->state.peers.end() || known->second.gateway != where.gateway)
      return true;
    return std::ranges::any_of(known->second.members,
                               [&](const auto& x) { return x->node() == where.gateway->node(); });
  };
  if (is_over())
    return;
  auto again = [self, where, is_over] {
    auto later = where;
    if (!is_over())
      self->delayed_send(self, later.pauses.on_failure(random_of(self)), later);
  };
  self->request(where.gateway, answer_timeout, find_service{membership_service})
    .then(
      [self, where, again](const service_location& found) {
        std::set<std::string> interface { found.interface.begin(), found.interface.end() };
        auto is_right = found.actor && found.actor->node() == where.gateway->node()
                        && self->system().assignable(
                          interface, self->system().template message_types<membership_wire>());
        if (!is_right)
          return again();
        add_link(self, where.node, found.actor);
        settle(self);
      },
      [again](const caf::error&) { again(); });
}

void on_peer_up(member_self self, const peer_up& news) {
  auto& state = self->state;
  state.peers[news.who.node].gateway = news.gateway;
  state.plan.on_connected(news.who.node, self->clock().now());
  find_member(self, {news.who.node, news.gateway, backoff{find_pauses}});
}

void on_peer_down(member_self self, const peer_down& news) {
  auto& state = self->state;
  auto now = self->clock().now();
  auto lost = state.plan.on_disconnected(news.who.node, now, random_of(self));
  state.counts.messages_dropped += lost;
  auto known = state.peers.find(news.who.node);
  if (known == state.peers.end())
    return;
  known->second.gateway = nullptr;
  if (known->second.members.empty()) // else their monitors tell
    state.peers.erase(known);
}

void dial_seeds(member_self self) {
  auto now = self->clock().now();
  auto& seeds = self->state.seeds;
  for (std::size_t i = 0; i < seeds.size(); ++i)
    if (!seeds[i].dialing && now >= seeds[i].due
        && !(seeds[i].node && is_connected(self, *seeds[i].node)))
      dial_seed(self, i);
}

// Known ones are dialed anyway, by the address that they gossip or that the configuration has.
void hear_seed(member_self self, const seed_heard& news) {
  auto& state = self->state;
  if (is_connected(self, news.who) || state.core->find(news.who) != nullptr
      || std::ranges::any_of(state.seeds, [&](const auto& x) { return x.where == news.where; }))
    return;
  cluster_member_state::seed heard{
    .where = news.where, .pauses = backoff{state.options.seed_pauses}, .was_heard = true};
  auto are_heard = std::ranges::count_if(state.seeds, [](const auto& x) { return x.was_heard; });
  if (static_cast<std::size_t>(are_heard) < state.options.heard_seeds_max) {
    state.seeds.push_back(std::move(heard));
  } else {
    // In place: dials under way know theirs by its number.
    auto former
      = std::ranges::find_if(state.seeds, [](const auto& x) { return x.was_heard && !x.dialing; });
    if (former == state.seeds.end())
      return;
    *former = std::move(heard);
  }
  dial_seeds(self);
}

void complete_mesh(member_self self) {
  auto& state = self->state;
  auto now = self->clock().now();
  const auto& own = state.core->self();
  for (const auto& [id, member] : state.core->others()) {
    auto is_ours = own.id < id || now - member.since >= dial_anyway_after;
    if (is_ours && member.what.state == membership::state::alive && member.what.about
        && membership::can_reach(own.about->roles, member.what.about->roles))
      dial(self, id);
  }
}

} // namespace serverme::actors

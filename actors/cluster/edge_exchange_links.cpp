// The ways of the edge exchange to the others: found, lost, and what is said on them.
#include "actors/cluster/edge_exchange_state.hpp"
#include "actors/transport/cluster_config.hpp"

#include <algorithm>
#include <utility>

namespace serverme::actors::exchanges {

namespace {

// A gateway answers at once; one that was asked just before its connection broke never does, and
// until then its edge's names are unknown here.
constexpr milliseconds found_within{800};

/// nullptr: that link, or that telling, is over.
peer* still_told(exchange_self self, node_id node, std::uint64_t telling) {
  auto there = self->state.peers.find(node);
  if (there == self->state.peers.end() || there->second.telling != telling)
    return nullptr;
  return &there->second;
}

void repeat_moves(exchange_self self, node_id home) {
  std::vector<session_id> some;
  for (const auto& [session, each] : self->state.moves)
    if (each.former_home == home)
      some.push_back(session);
  for (auto session : some)
    confirm_move(self, session);
}

void drop_link(exchange_self self, node_id node, peer& there) {
  if (!there.exchange)
    return;
  auto now = self->clock().now();
  there.exchange = nullptr;
  there.teller.stop();
  there.telling = ++self->state.last_telling;
  there.must_be_told_anew = false;
  there.is_reporting = false;
  if (!there.lost_at)
    there.lost_at = now;
  self->state.book->link_down(node, now);
  place_again(self, node);
}

void add_link(exchange_self self, node_id node, peer& there, const caf::strong_actor_ptr& whom) {
  if (there.exchange && there.exchange == whom)
    return;
  if (there.exchange)
    self->demonitor(there.exchange.address());
  there.exchange = caf::actor_cast<edge_exchange_wire>(whom);
  there.is_dead = false;
  there.lost_at.reset();
  there.is_reporting = false;
  self->monitor(whom);
  self->state.book->link_up(node);
  place_again(self, node);
  begin_telling(self, there);
  tell_peer(self, node);
  repeat_moves(self, node);
  send_report(self, node);
}

void found(exchange_self self, node_id node, const caf::actor& by, const service_location& where) {
  auto there = self->state.peers.find(node);
  if (there == self->state.peers.end() || there->second.gateway != by || !where.actor
      || where.actor->node() != by->node())
    return;
  std::set<std::string> interface { where.interface.begin(), where.interface.end() };
  if (self->system().assignable(interface, self->system().message_types<edge_exchange_wire>()))
    add_link(self, node, there->second, where.actor);
}

} // namespace

void look_for_exchange(exchange_self self, node_id node, peer& there) {
  if (!there.gateway || there.exchange || there.is_asked)
    return;
  there.is_asked = true;
  auto asked = [self, node, by = there.gateway] {
    auto each = self->state.peers.find(node);
    if (each != self->state.peers.end() && each->second.gateway == by)
      each->second.is_asked = false;
  };
  self->request(there.gateway, found_within, find_service{edge_exchange_service})
    .then(
      [self, node, by = there.gateway, asked](const service_location& where) {
        asked();
        found(self, node, by, where);
      },
      [asked](const caf::error&) { asked(); });
}

void on_peer_up(exchange_self self, const peer_up& news) {
  if (!news.who.roles.has(node_role::edge))
    return;
  auto& state = self->state;
  auto node = news.who.node;
  auto [entry, is_new] = state.peers.try_emplace(node);
  auto& there = entry->second;
  if (is_new)
    there.reports = neighbours::report_queue{state.options.reports};
  if (there.gateway != news.gateway) // another run of it, or another connection
    drop_link(self, node, there);
  there.gateway = news.gateway;
  there.is_asked = false;
  look_for_exchange(self, node, there);
}

// What it told is kept for a while: forget_lost_edges().
void on_peer_down(exchange_self self, const peer_down& news) {
  auto there = self->state.peers.find(news.who.node);
  if (there == self->state.peers.end())
    return;
  there->second.gateway = nullptr;
  drop_link(self, news.who.node, there->second);
}

bool on_exchange_down(exchange_self self, const caf::actor_addr& who) {
  for (auto& [node, there] : self->state.peers) {
    if (!there.exchange || there.exchange.address() != who)
      continue;
    drop_link(self, node, there);
    look_for_exchange(self, node, there);
    return true;
  }
  return false;
}

void declare_dead(exchange_self self, node_id node) {
  auto& state = self->state;
  state.book->link_down(node, self->clock().now());
  place_again(self, node);
  drop_companion(self, node);
  if (auto there = state.peers.find(node); there != state.peers.end())
    there->second.is_dead = true;
}

// Its lanes were taken from our sessions: what is told anew makes it say them once more.
void declare_alive(exchange_self self, node_id node) {
  auto there = self->state.peers.find(node);
  if (there == self->state.peers.end() || !std::exchange(there->second.is_dead, false)
      || !there->second.exchange)
    return;
  self->state.book->link_back(node);
  place_again(self, node);
  begin_telling(self, there->second);
  tell_peer(self, node);
}

// Who was started again may be heard before it was found.
std::optional<node_id> edge_that_speaks(exchange_self self) {
  const auto& sender = self->current_sender();
  auto node = sender ? node_of(sender->node()) : std::nullopt;
  if (!node)
    return std::nullopt;
  auto there = self->state.peers.find(*node);
  if (there == self->state.peers.end() || !there->second.gateway
      || there->second.gateway.node() != sender->node())
    return std::nullopt;
  add_link(self, *node, there->second, sender);
  if (there->second.is_dead)
    declare_alive(self, *node);
  return node;
}

void begin_telling(exchange_self self, peer& there) {
  ++self->state.options.counters->tellings;
  there.telling = ++self->state.last_telling;
  there.teller.begin(self->state.own, there.telling);
}

void tell_peer(exchange_self self, node_id node) {
  auto& state = self->state;
  auto there = state.peers.find(node);
  if (there == state.peers.end() || !there->second.exchange)
    return;
  auto page = there->second.teller.next(state.own);
  if (!page)
    return;
  if (const auto* told = state.book->told_by(node))
    page->heard = told->position();
  ++state.options.counters->news_sent;
  auto telling = there->second.telling;
  self->request(there->second.exchange, state.options.answer_within, *std::move(page))
    .then(
      [self, node, telling](const edge_news_taken& answer) {
        auto* told = still_told(self, node, telling);
        if (told == nullptr)
          return;
        if (told->teller.on_taken(answer))
          tell_peer(self, node);
        else
          told->must_be_told_anew = true; // at the next look: not in a circle
      },
      [self, node, telling](const caf::error&) {
        if (auto* told = still_told(self, node, telling))
          told->must_be_told_anew = true;
      });
}

void tell_soon(exchange_self self) {
  if (!std::exchange(self->state.is_gathering, true))
    self->delayed_send(self, self->state.options.gathered_for, tell_changes{});
}

void tell_home_of(exchange_self self, session_id session) {
  auto& state = self->state;
  auto companion = state.companions.find(session);
  auto found = state.book->find(session);
  if (companion == state.companions.end() || !found || companion->second.told == found->home)
    return;
  auto there = state.peers.find(found->home);
  if (there == state.peers.end() || !there->second.exchange)
    return;
  self->send(there->second.exchange, companion_lanes{session, companion->second.lanes});
  companion->second.told = found->home;
}

void drop_companion(exchange_self self, node_id node) {
  auto& state = self->state;
  if (auto there = state.peers.find(node); there != state.peers.end())
    there->second.lost_at.reset();
  for (const auto& [session, record] : state.own.sessions())
    if (std::ranges::count(record.lanes_at, node) > 0)
      self->send(state.options.sessions, companion_changed{session, node, 0});
}

void confirm_move(exchange_self self, session_id session) {
  auto& state = self->state;
  auto move = state.moves.find(session);
  if (move == state.moves.end())
    return;
  auto there = state.peers.find(move->second.former_home);
  if (there == state.peers.end() || !there->second.exchange)
    return;
  self
    ->request(there->second.exchange, state.options.move_within,
              session_moved{session, move->second.token_hash})
    .then([self, session](const session_let_go&) { self->state.moves.erase(session); },
          [self, session](const caf::error& why) {
            if (to_failure(why).code == errc::resume_refused)
              self->state.moves.erase(session);
          });
}

} // namespace serverme::actors::exchanges

#include "actors/cluster/edge_exchange.hpp"

#include "actors/cluster/edge_exchange_state.hpp"
#include "actors/transport/cluster_config.hpp"

#include <algorithm>
#include <utility>

namespace serverme::actors {

namespace {

using namespace exchanges;

// ---- sessions of this edge

bool has_companion(const edge_exchange_state& state, const session_record& record) {
  return std::ranges::any_of(record.lanes_at,
                             [&](const node_id& edge) { return edge != state.self; });
}

void own_by_sender(exchange_self self, session_id session) {
  auto& state = self->state;
  const auto& sender = self->current_sender();
  if (!sender)
    return;
  auto who = sender->address();
  if (auto former = state.owners.find(session); former != state.owners.end())
    if (former->second != who)
      state.owned.erase(former->second);
  state.owners[session] = who;
  if (state.owned.insert_or_assign(who, session).second)
    self->monitor(sender);
}

void tell(exchange_self self, const session_record& record) {
  auto& state = self->state;
  own_by_sender(self, record.session);
  state.companions.erase(record.session); // it is no companion's here any more
  const auto* before = state.own.find(record.session);
  auto is_placed
    = (before != nullptr && has_companion(state, *before)) || has_companion(state, record);
  if (!state.own.put(record))
    return;
  if (is_placed)
    place_own(self, record);
  changed(self, record.session);
}

void forget(exchange_self self, session_id session) {
  auto& state = self->state;
  if (auto owner = state.owners.find(session); owner != state.owners.end()) {
    state.owned.erase(owner->second);
    state.owners.erase(owner);
  }
  state.moves.erase(session);
  if (!state.own.remove(session))
    return;
  self->send(state.options.routes, place_sessions{{{session, nullptr}}});
  changed(self, session);
}

// ---- sessions of other edges

caf::result<remote_session> find(exchange_self self, const find_remote_session& ask) {
  auto found = self->state.book->find(ask.session);
  if (!found)
    return make_caf_error(fail(errc::resume_refused, "no other edge has this session"));
  return remote_session{*found->record, found->home, found->is_reachable};
}

// Also of a session that has just left: what is told of it here is its former home's.
void keep_companion(exchange_self self, const companion_lanes& news) {
  auto& state = self->state;
  state.companions[news.session] = {.lanes = news.lanes, .told = std::nullopt};
  tell_home_of(self, news.session);
  if (news.lanes == 0)
    state.companions.erase(news.session);
}

caf::result<moved_here> move(exchange_self self, const move_here& ask) {
  auto& state = self->state;
  auto promise = self->make_response_promise<moved_here>();
  auto answer = [promise, session = ask.session](bool has_ended) mutable {
    promise.deliver(moved_here{session, has_ended});
  };
  state.companions.erase(ask.session);
  auto found = state.book->find(ask.session);
  if (!found) {
    answer(true);
    return promise;
  }
  auto home = found->home;
  state.moves[ask.session] = {home, ask.token_hash};
  auto there = state.peers.find(home);
  if (there == state.peers.end() || !there->second.exchange) {
    answer(false);
    return promise;
  }
  auto ended = [self, session = ask.session, answer]() mutable {
    self->state.moves.erase(session);
    answer(true);
  };
  self
    ->request(there->second.exchange, state.options.move_within,
              session_moved{ask.session, ask.token_hash})
    .then([ended](const session_let_go&) mutable { ended(); },
          [ended, answer](const caf::error& why) mutable {
            if (to_failure(why).code == errc::resume_refused)
              ended(); // it was over already
            else
              answer(false);
          });
  return promise;
}

// ---- from other edges

caf::error refuse_stranger(exchange_self self) {
  ++self->state.options.counters->refused;
  return make_caf_error(fail(errc::control_unavailable, "only edges that are connected are heard"));
}

// A home that begins to tell anew may have lost its memory.
void repeat_companions(exchange_self self, node_id home) {
  std::vector<session_id> some;
  for (auto& [session, each] : self->state.companions) {
    if (each.told == home)
      each.told.reset();
    some.push_back(session);
  }
  for (auto session : some)
    tell_home_of(self, session);
}

caf::result<edge_news_taken> hear(exchange_self self, edge_news& news) {
  auto from = edge_that_speaks(self);
  if (!from)
    return refuse_stranger(self);
  auto& state = self->state;
  ++state.options.counters->news_heard;
  auto is_first = news.number == 1;
  if (auto& there = state.peers[*from]; !there.teller.on_heard(news.heard))
    there.must_be_told_anew = true;
  auto heard = state.book->take(*from, std::move(news));
  state.options.counters->left_out += heard.changes.left_out;
  tell_table(self, *from, heard.changes);
  for (auto session : heard.changes.sessions_gone)
    if (auto move = state.moves.find(session);
        move != state.moves.end() && move->second.former_home == *from)
      state.moves.erase(move);
  if (is_first)
    repeat_companions(self, *from);
  else
    for (auto session : heard.changes.sessions)
      if (state.companions.contains(session))
        tell_home_of(self, session);
  return heard.answer;
}

void hear_of_companion(exchange_self self, const companion_lanes& news) {
  if (auto from = edge_that_speaks(self))
    self->send(self->state.options.sessions, companion_changed{news.session, *from, news.lanes});
  else
    ++self->state.options.counters->refused;
}

caf::result<session_let_go> let_go(exchange_self self, const session_moved& news) {
  if (!edge_that_speaks(self))
    return refuse_stranger(self);
  return self->delegate(self->state.options.sessions, news);
}

// ---- as time passes

void forget_lost_edges(exchange_self self) {
  auto& state = self->state;
  for (const auto& home : state.book->expire(self->clock().now())) {
    self->send(state.options.routes, forget_neighbour{home});
    std::erase_if(state.moves,
                  [&home](const auto& each) { return each.second.former_home == home; });
    auto there = state.peers.find(home);
    if (there == state.peers.end())
      continue;
    state.options.counters->captures_lost += there->second.reports.captures();
    there->second.reports = neighbours::report_queue{state.options.reports};
    there->second.is_at_table = false;
    if (!there->second.gateway)
      state.peers.erase(there);
  }
}

void look(exchange_self self) {
  auto& state = self->state;
  auto now = self->clock().now();
  for (auto& [node, there] : state.peers) {
    look_for_exchange(self, node, there);
    if (there.lost_at && now - *there.lost_at >= state.options.companion_lost_after)
      drop_companion(self, node);
    if (there.exchange && std::exchange(there.must_be_told_anew, false))
      begin_telling(self, there);
    tell_peer(self, node);
    send_report(self, node);
  }
  watch_table(self);
  watch_membership(self);
  forget_lost_edges(self);
  self->delayed_send(self, state.options.look_every, look_for_exchanges{});
}

void somebody_down(exchange_self self, const caf::actor_addr& who) {
  auto& state = self->state;
  if (auto owned = state.owned.find(who); owned != state.owned.end())
    return forget(self, owned->second);
  if (state.table == who) {
    state.table = nullptr;
    return watch_table(self);
  }
  if (state.membership == who) {
    state.membership = nullptr;
    return watch_membership(self);
  }
  on_exchange_down(self, who);
}

bool has_heard_all(const edge_exchange_state& state) {
  return state.table && state.membership
         && std::ranges::all_of(state.members, [&](const auto& member) {
              auto there = state.peers.find(member.first);
              return there != state.peers.end() && there->second.is_at_table;
            });
}

void begin(exchange_self self, const gateway_actor& gateway, edge_exchange_options options) {
  auto& state = self->state;
  state.self = node_of(self->node()).value_or(node_id{});
  state.book.emplace(state.self, options.book);
  state.options = std::move(options);
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { somebody_down(self, news.source); });
  auto types = self->system().message_types<edge_exchange_wire>();
  self->send(gateway, offer_service{edge_exchange_service,
                                    caf::actor_cast<caf::strong_actor_ptr>(self),
                                    {types.begin(), types.end()}});
  self->send(gateway, watch_peers{caf::actor_cast<caf::actor>(self)});
  open_forwarding(self);
  self->send(self, look_for_exchanges{});
}

exchange_with_timers::behavior_type edge_exchange(exchange_self self, const gateway_actor& gateway,
                                                  edge_exchange_options options) {
  begin(self, gateway, std::move(options));
  return {
    [self](edge_news& news) { return hear(self, news); },
    [self](const companion_lanes& news) { hear_of_companion(self, news); },
    [self](const session_moved& news) { return let_go(self, news); },
    [self](edge_report& report) { return take_report(self, report); },
    [self](const tell_session& news) { tell(self, news.record); },
    [self](const forget_session& news) { forget(self, news.session); },
    [self](const find_remote_session& ask) { return find(self, ask); },
    [self](const tell_home& order) { keep_companion(self, order.news); },
    [self](const move_here& ask) { return move(self, ask); },
    [self](const usage_report& news) { take_usage(self, news); },
    [self](const are_all_heard&) { return all_heard{has_heard_all(self->state)}; },
    [self](const look_for_exchanges&) { look(self); },
    [self](const tell_changes&) {
      self->state.is_gathering = false;
      for (auto& [node, there] : self->state.peers)
        tell_peer(self, node);
    },
    [self](const take_forwarded&) { take_captures_of_others(self); },
    [self](const routes_changed& news) { on_routes_changed(self, news); },
    [self](const member_news& news) { on_member_news(self, news); },
    [self](const peer_up& news) { on_peer_up(self, news); },
    [self](const peer_down& news) { on_peer_down(self, news); },
  };
}

} // namespace

edge_exchange_actor spawn_edge_exchange(caf::actor_system& system, const gateway_actor& gateway,
                                        edge_exchange_options options) {
  return system.spawn(edge_exchange, gateway, std::move(options));
}

} // namespace serverme::actors

// What the edge exchange learns from the route table and the membership, and what it tells the
// table and the loops.
#include "actors/cluster/edge_exchange_state.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace serverme::actors::exchanges {

namespace {

constexpr milliseconds answer_timeout{3'000};

neighbour_routes everything_of(const neighbours::neighbour_book& book, node_id home) {
  neighbour_routes all{.home = home, .is_everything = true};
  if (const auto* told = book.told_by(home)) {
    for (const auto& [session, record] : told->sessions())
      all.places.push_back({session, book.places_of(home, session)});
    for (const auto& [endpoint, entry] : told->routes())
      all.routes.push_back(entry.value);
  }
  return all;
}

// Until an edge has told everything, what the table had of it before stays.
void give_everything(exchange_self self, node_id home) {
  auto& state = self->state;
  const auto* told = state.book->told_by(home);
  if (told == nullptr)
    return;
  auto all = everything_of(*state.book, home);
  all.is_everything = told->is_whole();
  self->send(state.options.routes, std::move(all));
  if (auto there = state.peers.find(home); there != state.peers.end())
    there->second.is_at_table = told->is_whole();
}

void own_routes_are(exchange_self self, const std::vector<route>& routes) {
  auto& state = self->state;
  std::unordered_set<endpoint_id> there;
  for (const auto& each : routes)
    there.insert(each.endpoint);
  routes_changed news{.served = routes, .gone = {}};
  for (const auto& [endpoint, entry] : state.own.routes())
    if (!there.contains(endpoint))
      news.gone.push_back(endpoint);
  on_routes_changed(self, news);
}

// A table that was started again knows nothing; so does this exchange, when that was.
void on_table_found(exchange_self self, const routes_watched& news) {
  auto& state = self->state;
  own_routes_are(self, news.routes);
  for (const auto& home : news.homes)
    state.book->remember(home, self->clock().now());
  for (const auto& home : state.book->homes()) {
    auto is_unheard = std::ranges::count(news.homes, home) > 0
                      && state.book->told_by(home)->position().telling == 0;
    if (!is_unheard)
      give_everything(self, home);
  }
  for (const auto& [session, record] : state.own.sessions())
    place_own(self, record);
}

// Those that leave soon come last: whoever has the choice takes another one.
std::vector<neighbour_edge> neighbours_of(const std::map<node_id, member_view>& members) {
  std::vector<neighbour_edge> all;
  for (bool draining : {false, true})
    for (const auto& [node, member] : members)
      if (member.draining == draining)
        all.push_back({node, member.lane_address, draining});
  return all;
}

void tell_loops(exchange_self self) {
  auto& state = self->state;
  auto all = neighbours_of(state.members);
  if (all == state.told_neighbours)
    return;
  state.told_neighbours = all;
  state.options.edge->set_neighbours(std::move(all));
}

bool is_neighbour(const edge_exchange_state& state, const member_view& who) {
  return who.id != state.self && who.roles.has(node_role::edge) && membership::is_live(who.state);
}

void on_membership_found(exchange_self self, const member_list& all) {
  auto& state = self->state;
  state.members.clear();
  for (const auto& each : all.members) {
    if (is_neighbour(state, each))
      state.members[each.id] = each;
    else if (!membership::is_live(each.state))
      declare_dead(self, each.id);
  }
  tell_loops(self);
}

} // namespace

void watch_table(exchange_self self) {
  auto& state = self->state;
  if (state.table || std::exchange(state.table_is_asked, true))
    return;
  self->request(state.options.routes, answer_timeout, watch_routes{})
    .then(
      [self](const routes_watched& news) {
        self->state.table_is_asked = false;
        const auto& table = self->current_sender();
        self->state.table = table->address();
        self->monitor(table);
        on_table_found(self, news);
      },
      [self](const caf::error&) { self->state.table_is_asked = false; });
}

void watch_membership(exchange_self self) {
  auto& state = self->state;
  if (state.membership || std::exchange(state.membership_is_asked, true))
    return;
  self->request(state.options.members, answer_timeout, watch_members{})
    .then(
      [self](const member_list& all) {
        self->state.membership_is_asked = false;
        const auto& membership = self->current_sender();
        self->state.membership = membership->address();
        self->monitor(membership);
        on_membership_found(self, all);
      },
      [self](const caf::error&) { self->state.membership_is_asked = false; });
}

void on_routes_changed(exchange_self self, const routes_changed& news) {
  auto& own = self->state.own;
  for (const auto& each : news.served)
    if (own.put(each))
      changed(self, each.endpoint);
  for (auto endpoint : news.gone)
    if (own.remove(endpoint))
      changed(self, endpoint);
}

void on_member_news(exchange_self self, const member_news& news) {
  using membership::event_kind;
  auto& state = self->state;
  auto who = news.who.id;
  switch (news.kind) {
    case event_kind::died:
    case event_kind::left:
    case event_kind::forgotten:
      state.members.erase(who);
      declare_dead(self, who);
      break;
    case event_kind::restarted: drop_companion(self, who); [[fallthrough]];
    case event_kind::joined:
    case event_kind::changed:
    case event_kind::suspected:
    case event_kind::returned:
      if (is_neighbour(state, news.who))
        state.members[who] = news.who;
      else
        state.members.erase(who);
      if (membership::is_live(news.who.state))
        declare_alive(self, who);
      break;
    default: return;
  }
  tell_loops(self);
}

void tell_table(exchange_self self, node_id home, const neighbours::told_changes& changes) {
  auto& state = self->state;
  const auto& book = *state.book;
  auto& there = state.peers[home];
  if (changes.is_whole && !there.is_at_table)
    return give_everything(self, home);
  neighbour_routes news{.home = home};
  for (auto session : changes.sessions)
    news.places.push_back({session, book.places_of(home, session)});
  for (auto session : changes.sessions_gone)
    news.places.push_back({session, nullptr});
  const auto* told = book.told_by(home);
  for (auto endpoint : changes.routes)
    if (const auto* entry = told->find(endpoint))
      news.routes.push_back(*entry);
  news.gone = changes.routes_gone;
  if (!news.places.empty() || !news.routes.empty() || !news.gone.empty())
    self->send(state.options.routes, std::move(news));
}

void place_again(exchange_self self, node_id edge) {
  auto& state = self->state;
  for (const auto& home : state.book->homes()) {
    neighbour_routes news{.home = home};
    for (auto session : state.book->sessions_at(home, edge))
      news.places.push_back({session, state.book->places_of(home, session)});
    if (!news.places.empty())
      self->send(state.options.routes, std::move(news));
  }
  for (const auto& [session, record] : state.own.sessions())
    if (std::ranges::count(record.lanes_at, edge) > 0)
      place_own(self, record);
}

void place_own(exchange_self self, const session_record& record) {
  auto& state = self->state;
  self->send(state.options.routes,
             place_sessions{{{record.session, state.book->places_of_own(record)}}});
}

} // namespace serverme::actors::exchanges

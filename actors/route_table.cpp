#include "actors/route_table.hpp"

#include "actors/probed.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace serverme::actors {

namespace {

using neighbours::own_edge;
using served_promise = caf::typed_response_promise<route_served>;

struct waiting_route {
  route entry;
  served_promise promise;
};

struct route_table_state {
  static inline const char* name = "route_table";
  route_table_state() = default; // declared: CAF would build an aggregate from the actor itself
  std::shared_ptr<edge_doors> edge;
  route_table_settings settings;
  neighbours::route_book book;
  route_map routes; // as the loops have it
  std::unordered_map<caf::actor_addr, std::vector<endpoint_id>> owners;
  // Until the port is open; who asked for it, when it was a session of this edge.
  std::unordered_map<std::uint16_t, std::optional<waiting_route>> opening;
  std::unordered_set<std::uint16_t> open_ports;
  // Other edges serve them, and this one could not open them.
  std::set<std::uint16_t> refused_ports;
  bool is_trying_ports = false;
  // Until the loops were given the map.
  std::vector<waiting_route> unpublished;
  std::unordered_set<endpoint_id> untold; // to those who watch
  bool is_publishing = false;
  bool is_gathering = false;
  std::set<caf::actor_addr> watchers; // weak: who watches must not wait for us to end

  // Whoever comes next opens them again.
  ~route_table_state() {
    for (auto port : open_ports)
      edge->close_port(port);
  }
};

using table_self = self_pointer<route_table_actor, route_table_state>;

// ---- what loops and watchers are told

void publish_soon(table_self self) {
  if (std::exchange(self->state.is_publishing, true))
    return;
  self->send(self, publish_changes{});
}

void gather(table_self self) {
  if (std::exchange(self->state.is_gathering, true))
    return;
  self->delayed_send(self, self->state.settings.gathered_for, publish_changes{});
}

void tell_watchers(table_self self) {
  auto& state = self->state;
  auto untold = std::exchange(state.untold, {});
  if (untold.empty() || state.watchers.empty())
    return;
  routes_changed news;
  for (auto endpoint : untold) {
    if (auto entry = state.book.find(own_edge, endpoint))
      news.served.push_back(*std::move(entry));
    else
      news.gone.push_back(endpoint);
  }
  for (const auto& each : state.watchers)
    if (auto watcher = caf::actor_cast<caf::strong_actor_ptr>(each))
      caf::anon_send(caf::actor_cast<caf::actor>(watcher), news);
}

// The reply may come on any thread, and after this actor's end.
void open_port(table_self self, std::uint16_t port) {
  auto weak = self->address();
  self->state.edge->open_port(port, [weak, port](result<done> outcome) {
    if (auto table = caf::actor_cast<route_table_actor>(weak))
      caf::anon_send(table, port_opened{port, std::move(outcome)});
  });
}

void close_if_unused(table_self self, std::uint16_t port) {
  auto& state = self->state;
  if (!state.book.has({{}, port}) && state.open_ports.erase(port) > 0)
    state.edge->close_port(port);
}

void open_if_needed(table_self self, std::uint16_t port) {
  auto& state = self->state;
  if (state.open_ports.contains(port) || state.opening.contains(port))
    return;
  state.opening.emplace(port, std::nullopt);
  open_port(self, port);
}

void settle_ports(table_self self, const std::vector<route_change>& changes) {
  for (const auto& [where, now] : changes) {
    if (where.port == 0)
      continue;
    if (now)
      open_if_needed(self, where.port);
    else
      close_if_unused(self, where.port);
  }
}

void publish(table_self self) {
  auto& state = self->state;
  state.is_publishing = false;
  state.is_gathering = false;
  if (state.book.has_changes()) {
    auto changes = state.book.take_changes();
    state.routes.apply(changes);
    state.edge->publish_routes(std::make_shared<const route_map>(state.routes));
    settle_ports(self, changes);
  }
  // Only now: who hears that it is served may visit it at once.
  for (auto& each : std::exchange(state.unpublished, {}))
    each.promise.deliver(route_served{each.entry.endpoint});
  tell_watchers(self);
}

// ---- routes of this edge's sessions

void enter(table_self self, waiting_route asked) {
  auto& state = self->state;
  const auto& entry = asked.entry;
  const auto* before = state.book.serving(key_of(entry));
  if (before != nullptr && before->generation > entry.generation) {
    asked.promise.deliver(make_caf_error(fail(errc::session_replaced)));
    return;
  }
  if (auto former = state.book.put(own_edge, entry))
    state.untold.insert(*former);
  state.untold.insert(entry.endpoint);
  state.unpublished.push_back(std::move(asked));
  publish_soon(self);
}

void serve(table_self self, route entry, served_promise promise) {
  auto& state = self->state;
  auto port = entry.port;
  if (entry.kind != endpoint_kind::tcp || state.open_ports.contains(port))
    return enter(self, {std::move(entry), std::move(promise)});
  auto [opening, is_first] = state.opening.try_emplace(port);
  if (opening->second) { // its former owner went while the port was being opened
    promise.deliver(make_caf_error(fail(errc::port_taken, "it is being opened")));
    return;
  }
  opening->second = waiting_route{std::move(entry), std::move(promise)};
  if (is_first)
    open_port(self, port);
}

void try_again_later(table_self self) {
  if (!std::exchange(self->state.is_trying_ports, true))
    self->delayed_send(self, self->state.settings.ports_tried_every, try_ports{});
}

void opened(table_self self, port_opened& news) {
  auto& state = self->state;
  auto opening = state.opening.extract(news.port);
  if (!opening)
    return;
  auto asked = std::move(opening.mapped());
  if (news.outcome) {
    state.refused_ports.erase(news.port);
    state.open_ports.insert(news.port);
    if (asked)
      enter(self, *std::move(asked));
    return close_if_unused(self, news.port); // withdrawn in the meantime
  }
  if (asked)
    asked->promise.deliver(make_caf_error(news.outcome.error()));
  if (!state.book.has({{}, news.port}))
    return;
  state.refused_ports.insert(news.port);
  state.settings.on_port_refused(news.port, news.outcome.error());
  try_again_later(self);
}

void try_refused_ports(table_self self) {
  auto& state = self->state;
  state.is_trying_ports = false;
  for (auto port : std::exchange(state.refused_ports, {}))
    if (state.book.has({{}, port}))
      open_if_needed(self, port);
}

void withdraw(table_self self, endpoint_id endpoint) {
  auto& state = self->state;
  for (auto& [port, asked] : state.opening) {
    if (!asked || asked->entry.endpoint != endpoint)
      continue;
    asked->promise.deliver(make_caf_error(fail(errc::stream_reset, "withdrawn")));
    asked.reset();
    return;
  }
  if (!state.book.remove(own_edge, endpoint))
    return;
  state.untold.insert(endpoint);
  publish_soon(self);
}

void know_owner(table_self self, endpoint_id endpoint) {
  auto& sender = self->current_sender();
  if (!sender)
    return;
  auto& endpoints = self->state.owners[sender->address()];
  if (endpoints.empty())
    self->monitor(sender);
  if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end())
    endpoints.push_back(endpoint);
}

void forget_endpoint_of_sender(table_self self, endpoint_id endpoint) {
  auto& sender = self->current_sender();
  auto owner = sender ? self->state.owners.find(sender->address()) : self->state.owners.end();
  // The entry itself stays, empty or not, with its monitor, until the owner ends.
  if (owner != self->state.owners.end() && owner->second.size() > 1)
    std::erase(owner->second, endpoint);
}

void somebody_down(table_self self, const caf::down_msg& news) {
  self->state.watchers.erase(news.source);
  auto owner = self->state.owners.find(news.source);
  if (owner == self->state.owners.end())
    return;
  for (auto endpoint : std::exchange(owner->second, {}))
    withdraw(self, endpoint);
  self->state.owners.erase(news.source);
}

// ---- routes of other edges

void learn(table_self self, neighbour_routes& news) {
  if (news.home == own_edge)
    return;
  auto& book = self->state.book;
  if (news.is_everything) {
    book.replace(news.home, std::move(news.routes), std::move(news.places));
  } else {
    for (auto endpoint : news.gone)
      book.remove(news.home, endpoint);
    for (auto& each : news.places)
      book.place(news.home, std::move(each));
    for (auto& each : news.routes)
      book.put(news.home, std::move(each));
  }
  gather(self);
}

void place(table_self self, place_sessions& news) {
  for (auto& each : news.places)
    self->state.book.place(own_edge, std::move(each));
  gather(self);
}

routes_watched watch(table_self self) {
  auto& state = self->state;
  const auto& sender = self->current_sender();
  if (sender && state.watchers.insert(sender->address()).second)
    self->monitor(sender);
  return {state.book.all(own_edge), state.book.homes()};
}

route_table_actor::behavior_type route_table(table_self self, std::shared_ptr<edge_doors> edge,
                                             route_table_settings settings) {
  self->state.edge = std::move(edge);
  self->state.settings = std::move(settings);
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { somebody_down(self, news); });
  return {
    [self](const serve_route& ask) {
      know_owner(self, ask.entry.endpoint);
      auto promise = self->make_response_promise<route_served>();
      serve(self, ask.entry, promise);
      return promise;
    },
    [self](const withdraw_route& order) {
      forget_endpoint_of_sender(self, order.endpoint);
      withdraw(self, order.endpoint);
    },
    [self](const find_route& ask) -> caf::result<route_found> {
      auto found = self->state.book.find(own_edge, ask.endpoint);
      if (!found)
        return make_caf_error(fail(errc::no_such_endpoint));
      return route_found{*std::move(found)};
    },
    [self](const watch_routes&) { return watch(self); },
    [self](neighbour_routes& news) { learn(self, news); },
    [self](const forget_neighbour& news) {
      self->state.book.forget(news.home);
      gather(self);
    },
    [self](place_sessions& news) { place(self, news); },
    [self](port_opened& news) { opened(self, news); },
    [self](const publish_changes&) { publish(self); },
    [self](const try_ports&) { try_refused_ports(self); },
  };
}

} // namespace

route_table_actor spawn_route_table(caf::actor_system& system, std::shared_ptr<edge_doors> edge,
                                    route_table_settings settings) {
  return system.spawn(route_table, std::move(edge), std::move(settings));
}

} // namespace serverme::actors

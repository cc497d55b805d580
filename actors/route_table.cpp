#include "actors/route_table.hpp"

#include "actors/probed.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

namespace serverme::actors {

namespace {

using served_promise = caf::typed_response_promise<route_served>;

struct waiting_route {
  route entry;
  served_promise promise;
};

struct route_table_state {
  static inline const char* name = "route_table";
  route_table_state() = default; // declared: CAF would build an aggregate from the actor itself
  std::shared_ptr<edge_doors> edge;
  route_map routes;
  std::unordered_map<endpoint_id, route> entries;
  std::unordered_map<caf::actor_addr, std::vector<endpoint_id>> owners;
  // Until the port is open.
  std::unordered_map<std::uint16_t, waiting_route> opening;
  std::unordered_map<std::uint16_t, endpoint_id> open_ports;
  // Until the loops were given the map.
  std::vector<waiting_route> unpublished;
  bool is_publishing = false;

  // Whoever comes next opens them again.
  ~route_table_state() {
    for (const auto& [port, endpoint] : open_ports)
      edge->close_port(port);
  }
};

using table_self = self_pointer<route_table_actor, route_table_state>;

void publish_soon(table_self self) {
  if (std::exchange(self->state.is_publishing, true))
    return;
  self->send(self, publish_changes{});
}

void publish(table_self self) {
  auto& state = self->state;
  state.is_publishing = false;
  state.edge->publish_routes(std::make_shared<const route_map>(state.routes));
  // Only now: who hears that it is served may visit it at once.
  for (auto& each : std::exchange(state.unpublished, {}))
    each.promise.deliver(route_served{each.entry.endpoint});
}

void enter(table_self self, waiting_route asked) {
  auto& state = self->state;
  const auto& entry = asked.entry;
  const auto* before = entry.kind == endpoint_kind::tcp ? state.routes.find_port(entry.port)
                                                        : state.routes.find_host(entry.host);
  std::optional<endpoint_id> former;
  if (before != nullptr && before->endpoint != entry.endpoint)
    former = before->endpoint;
  if (before != nullptr && before->generation > entry.generation) {
    asked.promise.deliver(make_caf_error(fail(errc::session_replaced)));
    return;
  }
  state.routes.put(entry);
  if (former)
    state.entries.erase(*former);
  if (entry.kind == endpoint_kind::tcp)
    state.open_ports[entry.port] = entry.endpoint;
  state.entries.insert_or_assign(entry.endpoint, entry);
  state.unpublished.push_back(std::move(asked));
  publish_soon(self);
}

// The reply may come on any thread, and after this actor's end.
void open_port(table_self self, std::uint16_t port) {
  auto weak = self->address();
  self->state.edge->open_port(port, [weak, port](result<done> outcome) {
    if (auto table = caf::actor_cast<route_table_actor>(weak))
      caf::anon_send(table, port_opened{port, std::move(outcome)});
  });
}

void serve(table_self self, route entry, served_promise promise) {
  auto& state = self->state;
  auto port = entry.port;
  if (entry.kind != endpoint_kind::tcp || state.open_ports.contains(port))
    return enter(self, {std::move(entry), std::move(promise)});
  if (state.opening.contains(port)) { // its former owner went while the port was being opened
    promise.deliver(make_caf_error(fail(errc::port_taken, "it is being opened")));
    return;
  }
  state.opening.emplace(port, waiting_route{std::move(entry), std::move(promise)});
  open_port(self, port);
}

void opened(table_self self, port_opened& news) {
  auto& state = self->state;
  auto found = state.opening.find(news.port);
  if (found == state.opening.end()) { // withdrawn in the meantime
    if (news.outcome)
      state.edge->close_port(news.port);
    return;
  }
  auto asked = std::move(found->second);
  state.opening.erase(found);
  if (news.outcome)
    enter(self, std::move(asked));
  else
    asked.promise.deliver(make_caf_error(news.outcome.error()));
}

void withdraw(table_self self, endpoint_id endpoint) {
  auto& state = self->state;
  for (auto waiting = state.opening.begin(); waiting != state.opening.end(); ++waiting) {
    if (waiting->second.entry.endpoint != endpoint)
      continue;
    waiting->second.promise.deliver(make_caf_error(fail(errc::stream_reset, "withdrawn")));
    state.opening.erase(waiting);
    return;
  }
  auto found = state.entries.find(endpoint);
  if (found == state.entries.end())
    return;
  const auto& entry = found->second;
  if (entry.kind == endpoint_kind::tcp) {
    if (state.routes.remove_port(entry.port, endpoint)) {
      state.open_ports.erase(entry.port);
      state.edge->close_port(entry.port);
    }
  } else {
    state.routes.remove_host(entry.host, endpoint);
  }
  state.entries.erase(found);
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

void owner_down(table_self self, const caf::down_msg& news) {
  auto owner = self->state.owners.find(news.source);
  if (owner == self->state.owners.end())
    return;
  for (auto endpoint : std::exchange(owner->second, {}))
    withdraw(self, endpoint);
  self->state.owners.erase(news.source);
}

route_table_actor::behavior_type route_table(table_self self, std::shared_ptr<edge_doors> edge) {
  self->state.edge = std::move(edge);
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { owner_down(self, news); });
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
      auto found = self->state.entries.find(ask.endpoint);
      if (found == self->state.entries.end())
        return make_caf_error(fail(errc::no_such_endpoint));
      return route_found{found->second};
    },
    [self](port_opened& news) { opened(self, news); },
    [self](const publish_changes&) { publish(self); },
  };
}

} // namespace

route_table_actor spawn_route_table(caf::actor_system& system, std::shared_ptr<edge_doors> edge) {
  return system.spawn(route_table, std::move(edge));
}

} // namespace serverme::actors

#include "actors/edge_actors.hpp"

#include "actors/ask.hpp"

#include <utility>

namespace serverme::actors {

namespace {

// Of a destructor that nobody has called stop() before.
constexpr milliseconds last_patience{5'000};

} // namespace

edge_actors::edge_actors(caf::actor_system& system, const store_actor& store,
                         const name_registry_actor& names, const world& outside,
                         const std::shared_ptr<edge_doors>& edge, edge_actor_settings settings)
  : system_{system},
    edge_{edge},
    captures_{std::make_shared<capture_intake>(settings.captures_waiting_max)},
    doors_{.leases = {system, "the lease keeper"},
           .routes = {system, "the route table"},
           .desk = {system, "the tunnel desk"},
           .exchange = {system, "the exchange with other edges"},
           .reception = {system, "the reception"}} {
  std::vector children{leases_spec(names, settings.leases), routes_spec(settings.routes),
                       desk_spec()};
  if (settings.cluster)
    children.push_back(exchange_spec(*settings.cluster, settings.exchanged));
  children.push_back(reception_spec(store, outside, settings.reception));
  supervisor_ = spawn_supervisor(system, std::move(children), settings.restarts,
                                 {.group = "edge", .on_failed = settings.on_child_failed});
}

edge_actors::~edge_actors() { stop(last_patience); }

std::function<void()> edge_actors::sessions_repeat() const {
  return
    [door = doors_.reception] { caf::anon_send(door.as<reception_actor>(), repeat_tunnels{}); };
}

child_spec edge_actors::leases_spec(const name_registry_actor& names,
                                    const keeper_settings& settings) const {
  return {.name = "lease_keeper",
          .start =
            [&system = system_, names, settings] {
              return caf::actor_cast<caf::actor>(spawn_lease_keeper(system, names, settings));
            },
          .door = doors_.leases,
          .restarted = sessions_repeat()};
}

child_spec edge_actors::routes_spec(const route_table_settings& settings) const {
  return {.name = "route_table",
          .start =
            [&system = system_, edge = edge_, settings] {
              return caf::actor_cast<caf::actor>(spawn_route_table(system, edge, settings));
            },
          .door = doors_.routes,
          .restarted = sessions_repeat()};
}

child_spec edge_actors::desk_spec() const {
  return {.name = "tunnel_desk",
          .start =
            [&system = system_, routes = routes(), edge = edge_] {
              return caf::actor_cast<caf::actor>(spawn_tunnel_desk(system, routes, edge));
            },
          .door = doors_.desk,
          .restarted = sessions_repeat()};
}

child_spec edge_actors::exchange_spec(const place_in_cluster& where,
                                      const std::shared_ptr<exchange_counters>& counters) const {
  edge_exchange_options options{.routes = routes(),
                                .sessions = doors_.reception.as<session_keeper_actor>(),
                                .desk = desk(),
                                .members = where.members,
                                .edge = edge_,
                                .captures = captures_,
                                .counters = counters};
  return {.name = "edge_exchange",
          .start =
            [&system = system_, gateway = where.gateway, options] {
              return caf::actor_cast<caf::actor>(spawn_edge_exchange(system, gateway, options));
            },
          .door = doors_.exchange,
          .restarted = sessions_repeat()};
}

child_spec edge_actors::reception_spec(const store_actor& store, const world& outside,
                                       const reception_settings& settings) const {
  session_neighbours others{leases(), routes(), desk(), edge_, captures_, exchange()};
  return {.name = "reception",
          .start =
            [&system = system_, store, others, outside, settings] {
              return caf::actor_cast<caf::actor>(
                spawn_reception(system, store, others, outside, settings));
            },
          .door = doors_.reception};
}

// Whoever answers has started all his children.
result<done> edge_actors::await_start(milliseconds patience) const {
  auto started = ask_and_wait<actor_list>(system_, supervisor_, patience, list_actors{});
  if (!started)
    return fail(started.error());
  return done{};
}

bool edge_actors::stop(milliseconds patience) {
  if (!supervisor_)
    return true;
  auto ended = stop_and_wait(system_, supervisor_, patience);
  // A supervisor that was killed has closed none of them.
  for (auto* door :
       {&doors_.leases, &doors_.routes, &doors_.desk, &doors_.exchange, &doors_.reception})
    door->close();
  supervisor_ = nullptr;
  return ended;
}

} // namespace serverme::actors

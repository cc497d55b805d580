// ROUTE TABLE: what this edge serves: the map its loops look names up in, and its open TCP ports.
//
// Owned by  the edge's supervisor.
// Owns      the routes of this edge's sessions, and those that other edges told
//           (protocol/neighbours/route_book.hpp says which one serves); snapshots of the map go to
//           the loops. Opens and closes the ports of tcp endpoints, so that a port passes from one
//           session to the next without being closed. A port of another edge's that cannot be
//           opened here is tried again later; nobody fails because of it.
// Fails     never quits on a bad request. A restart empties the map; sessions repeat their routes,
//           and who watches watches again.
#pragma once

#include "actors/messaging.hpp"
#include "actors/ports/edge_doors.hpp"
#include "protocol/neighbours/route_book.hpp"
#include "protocol/route_map.hpp"
#include "protocol/time.hpp"

#include <functional>
#include <memory>

namespace serverme::actors {

/// Serves an endpoint; answered when visitors are served. The asking actor is its owner: when that
/// one ends, so does the route.
struct serve_route {
  route entry;
};

struct route_served {
  endpoint_id endpoint;
};

struct withdraw_route {
  endpoint_id endpoint;
};

/// Of a session of this edge.
struct find_route {
  endpoint_id endpoint;
};

struct route_found {
  route entry;
};

/// From now on the asking actor gets routes_changed, until it ends. Answered by routes_watched.
struct watch_routes {};

struct routes_watched {
  /// All that sessions of this edge serve.
  std::vector<route> routes;
  /// Other edges of which there are routes.
  std::vector<node_id> homes;
};

/// Visitors are served so by now. Of this edge's sessions only.
struct routes_changed {
  std::vector<route> served;
  std::vector<endpoint_id> gone;
};

/// What another edge serves, and where its sessions have lanes.
struct neighbour_routes {
  node_id home;
  /// Whatever is not in it is gone.
  bool is_everything = false;
  std::vector<neighbours::placed_session> places;
  std::vector<route> routes;
  std::vector<endpoint_id> gone;
};

/// Nothing is known of that edge any more.
struct forget_neighbour {
  node_id home;
};

/// Where sessions of this edge have lanes beside it.
struct place_sessions {
  std::vector<neighbours::placed_session> places;
};

/// From the loops: what became of opening a port.
struct port_opened {
  std::uint16_t port = 0;
  result<done> outcome = done{};
};

/// Its own reminder: everything that changed in one go is published at once.
struct publish_changes {};

/// Its own timer.
struct try_ports {};

using route_table_actor = caf::typed_actor<
  // Errors: port_taken, listen_failed, session_replaced (a newer generation is served).
  answers<serve_route, route_served>,
  // Only while it is still that endpoint's.
  takes<withdraw_route>,
  // Errors: no_such_endpoint.
  answers<find_route, route_found>,
  // From the exchange with other edges.
  answers<watch_routes, routes_watched>, takes<neighbour_routes>, takes<forget_neighbour>,
  takes<place_sessions>,
  // Its own.
  takes<port_opened>, takes<publish_changes>, takes<try_ports>>;

struct route_table_settings {
  /// What other edges tell gathers for so long: ten thousand names are a few maps.
  milliseconds gathered_for{30};
  milliseconds ports_tried_every{30'000};
  /// A port of another edge's session cannot be opened here. On one of CAF's threads.
  std::function<void(std::uint16_t, const failure&)> on_port_refused
    = [](std::uint16_t, const failure&) {};
};

route_table_actor spawn_route_table(caf::actor_system& system, std::shared_ptr<edge_doors> edge,
                                    route_table_settings settings = {});

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::serve_route)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::route_served)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::withdraw_route)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::find_route)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::route_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::watch_routes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::routes_watched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::routes_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::neighbour_routes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::forget_neighbour)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::place_sessions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::port_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::publish_changes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::try_ports)

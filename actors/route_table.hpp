// ROUTE TABLE: what this edge serves: the map its loops look names up in, and its open TCP ports.
//
// Owned by  the edge's supervisor.
// Owns      one route_map; snapshots of it go to the loops. Opens and closes the ports of tcp
//           endpoints, so that a port passes from one session to the next without being closed.
// Fails     never quits on a bad request. A restart empties the map; sessions repeat their routes.
#pragma once

#include "actors/messaging.hpp"
#include "actors/ports/edge_doors.hpp"
#include "protocol/route_map.hpp"

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

struct find_route {
  endpoint_id endpoint;
};

struct route_found {
  route entry;
};

/// From the loops: what became of opening a port.
struct port_opened {
  std::uint16_t port = 0;
  result<done> outcome = done{};
};

/// Its own reminder: everything that changed in one go is published at once.
struct publish_changes {};

using route_table_actor = caf::typed_actor<
  // Errors: port_taken, listen_failed, session_replaced (a newer generation is served).
  answers<serve_route, route_served>,
  // Only while it is still that endpoint's.
  takes<withdraw_route>,
  // Errors: no_such_endpoint.
  answers<find_route, route_found>,
  // Its own.
  takes<port_opened>, takes<publish_changes>>;

route_table_actor spawn_route_table(caf::actor_system& system, std::shared_ptr<edge_doors> edge);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::serve_route)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::route_served)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::withdraw_route)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::find_route)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::route_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::port_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::publish_changes)

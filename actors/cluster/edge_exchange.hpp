// EDGE EXCHANGE: tells the other edges what this one serves, and this one what the others serve, so
// that each of them serves every name (docs/adr/0015).
//
// Owned by  the supervisor of the node's links; only on an edge of a cluster.
// Owns      what other edges told (protocol/neighbours/), and what waits to be told to them: never
//           more than exists. Connections are the gateway's; it is found there as service
//           "edge_exchange", and finds the others' there.
// Checks    that whoever says something is an edge, by the certificate of his connection.
// Fails     without harm: started again, it asks the route table, is told by the sessions once more
//           (repeat_tunnels), and the others tell it everything anew. Meanwhile the route table
//           keeps what was known.
#pragma once

#include "actors/capture_intake.hpp"
#include "actors/cluster/exchange_messages.hpp"
#include "actors/ports/edge_doors.hpp"
#include "actors/route_table.hpp"
#include "actors/transport/node_gateway.hpp"
#include "actors/tunnel_desk.hpp"
#include "protocol/messages/members.hpp"
#include "protocol/time.hpp"

#include <memory>

namespace serverme::actors {

/// Its name at every gateway.
inline constexpr auto edge_exchange_service = "edge_exchange";

/// All that exchanges need of each other: one that is much older or newer has this as well.
using edge_exchange_wire = caf::typed_actor<
  // Errors, of all below: control_unavailable: who says it is no edge, or its link is gone.
  answers<edge_news, edge_news_taken>, takes<companion_lanes>,
  // Errors: resume_refused.
  answers<session_moved, session_let_go>, answers<edge_report, edge_report_taken>>;

} // namespace serverme::actors

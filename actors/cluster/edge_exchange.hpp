// EDGE EXCHANGE: tells the other edges what this one serves, and this one what the others serve, so
// that each of them serves every name (docs/adr/0015).
//
// Owned by  the edge's supervisor; there is none on an edge that stands alone.
// Owns      what other edges told (protocol/neighbours/), and what waits to be told to them: never
//           more than exists. Connections are the gateway's; it is found there as service
//           "edge_exchange", and finds the others' there.
// Checks    that whoever says something is an edge, by the certificate of his connection.
// Fails     without harm: started again, it asks the route table, is told by the sessions once more
//           (repeat_tunnels), and the others tell it everything anew. Meanwhile the route table
//           keeps what was known.
#pragma once

#include "actors/capture_intake.hpp"
#include "actors/cluster/cluster_member.hpp"
#include "actors/cluster/exchange_counters.hpp"
#include "actors/cluster/exchange_messages.hpp"
#include "actors/ports/edge_doors.hpp"
#include "actors/route_table.hpp"
#include "actors/transport/node_gateway.hpp"
#include "actors/tunnel_desk.hpp"
#include "protocol/neighbours/neighbour_book.hpp"
#include "protocol/neighbours/report_queue.hpp"
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

/// From a node that starts: does it serve what all other edges serve? Answered by all_heard.
struct are_all_heard {};

struct all_heard {
  /// Of those that membership knows to live now.
  bool are = false;
};

/// As its node uses it.
using edge_exchange_actor = edge_exchange_wire::extend_with<session_exchange_actor>::extend<
  // From the loops: what happened on any endpoint; only those of other edges matter here.
  takes<usage_report>, answers<are_all_heard, all_heard>>;

struct edge_exchange_options {
  /// Of this node; behind doors that stay good.
  route_table_actor routes;
  session_keeper_actor sessions;
  tunnel_desk_actor desk;
  cluster_member_actor members;
  std::shared_ptr<edge_doors> edge;
  std::shared_ptr<capture_intake> captures;
  std::shared_ptr<exchange_counters> counters = std::make_shared<exchange_counters>();

  /// What changes in so short a time is one message.
  milliseconds gathered_for{20};
  /// For exchanges that are not there yet, and for what could not be said.
  milliseconds look_every{250};
  /// Of another exchange.
  milliseconds answer_within{5'000};
  /// Of a session's former home, and of the session here.
  milliseconds move_within{900};
  /// A companion that cannot be reached for so long has no lanes any more.
  milliseconds companion_lost_after{2'000};
  /// Captures that wait between the loops and this actor.
  std::size_t captures_waiting_max = 512;
  neighbours::book_limits book;
  neighbours::report_limits reports;
};

/// @pre the gateway is this system's. Ends when it is told to exit.
edge_exchange_actor spawn_edge_exchange(caf::actor_system& system, const gateway_actor& gateway,
                                        edge_exchange_options options);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::are_all_heard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::all_heard)

// TUNNEL SESSION: one connected agent: its endpoints, how many lanes it has, and what it may do.
//
// Owned by  the reception; ends with it. In a cluster it lives on one edge, its home, and may have
//           lanes on others too (docs/adr/0015). When its agent makes another edge its home, what
//           is left of it here serves its routes until everybody has heard of the new ones.
// Owns      the leases and routes of its endpoints, and their inspectors. What it told others they
//           forget when it ends.
// Fails     never quits on a bad request. When it crashes, its agent is told to come again.
#pragma once

#include "actors/cluster/exchange_messages.hpp"
#include "actors/inspector.hpp"
#include "actors/lease_keeper.hpp"
#include "actors/ports/edge_doors.hpp"
#include "actors/route_table.hpp"
#include "actors/tunnel_desk.hpp"
#include "protocol/messages/sessions.hpp"
#include "protocol/public_urls.hpp"

namespace serverme::actors {

/// A lane that says it belongs to this session. Answered by agent_admitted.
struct resume_session {
  std::string token_hash;
};

/// From the tunnel desk, for the owner: the agent is told and does not bind it again.
struct close_endpoint {
  endpoint_id endpoint;
};

/// The agent is told why, and the session is over.
struct end_session {
  failure why;
};

/// Somebody lost his memory: everybody is told everything again.
struct repeat_tunnels {};

/// Its own timer.
struct grace_over {
  std::uint64_t absence = 0;
};

using tunnel_session_actor = caf::typed_actor<
  // Errors: resume_refused, lane_limit.
  answers<resume_session, agent_admitted>,
  // Here, and on another edge. None anywhere: the agent is away, and has some time to come back.
  takes<lanes_changed>, takes<companion_changed>,
  // Errors: resume_refused (another token).
  answers<session_moved, session_let_go>,
  // The same wish once more, after a return, is the same endpoint. Errors: those of
  // lease_endpoint and serve_route, too_many_endpoints.
  answers<bind_endpoint, endpoint_bound>,
  // From the agent.
  takes<unbind_endpoint>, takes<agent_left>,
  // Errors: api_not_found.
  answers<close_endpoint, tunnel_closed>,
  // From the lease keeper.
  takes<lease_lost>,
  // From the reception.
  takes<end_session>, takes<repeat_tunnels>,
  // Its own timer.
  takes<grace_over>>;

struct session_settings {
  std::size_t endpoints_max = 100;
  /// The edge's limit, told to the agent in its welcome.
  std::uint32_t lanes_max = 4;
  /// How long an agent may be away.
  milliseconds grace_time{60'000};
  /// How long routes stay when the session has moved to another edge: every edge has heard of the
  /// new ones by then, and none answered meanwhile that there is no such tunnel.
  milliseconds moved_time{3'000};
  /// This edge's; none: it stands alone, and has nobody to tell of its sessions.
  node_id here;
  /// For an answer of the lease keeper or the route table: longer than the keeper waits for the
  /// registry.
  milliseconds decision_timeout{6'000};
  public_addresses addresses;
  capture_limits captures;
};

/// What a session lives among.
struct session_neighbours {
  lease_keeper_actor names;
  route_table_actor routes;
  tunnel_desk_actor desk;
  std::shared_ptr<edge_doors> edge;
  std::shared_ptr<capture_intake> captures;
  /// Only asked and told when session_settings::here is set.
  session_exchange_actor exchange;
};

/// Whose it is, and how its agent proves that it is the same one.
struct session_identity {
  session_id session;
  account_id account;
  /// By which the agent came; ends the session when it is revoked.
  key_id key;
  std::string token_hash;
  /// For people.
  std::string agent;
  std::string address;
};

tunnel_session_actor spawn_tunnel_session(caf::actor_system& system, const caf::actor& owner,
                                          session_identity identity, session_neighbours others,
                                          world outside, session_settings settings);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::resume_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::close_endpoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::end_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::repeat_tunnels)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::grace_over)

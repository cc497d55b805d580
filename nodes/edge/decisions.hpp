// The seam between the loops, which carry bytes, and the actors, which decide: one small interface
// each way. Nothing here blocks, and no payload byte passes except in a capture.
#pragma once

#include "protocol/capture.hpp"
#include "protocol/lane/messages.hpp"
#include "protocol/route_map.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace serverme::edge {

/// A new lane was let in.
struct admission {
  session_id session;
  account_id owner;
  std::string resume_token;
  bool resumed = false;
};

/// What an endpoint became.
struct served_endpoint {
  endpoint_id endpoint;
  std::string name;
  std::uint16_t port = 0;
  std::vector<std::string> urls;
};

/// What happened on one endpoint since the last report.
struct endpoint_usage {
  endpoint_id endpoint;
  std::uint64_t visits = 0; // requests, or connections of tcp and tls
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// Loops ask and tell; the actors behind it decide. Every call may come from any loop, returns at
/// once, and each `reply` is called exactly once, on any thread (the caller posts it to its loop).
class decisions {
public:
  virtual ~decisions() = default;

  /// A lane said hello. Checked in this order: resume token, then key.
  /// Errors: key_invalid, control_unavailable, lane_limit.
  virtual void greet(const lane::hello& greeting, const std::string& agent_address,
                     std::function<void(result<admission>)> reply)
    = 0;
  /// The session has this many lanes on this edge now. 0: the agent is away; its endpoints stay for
  /// a while and requests wait.
  virtual void lanes_changed(session_id session, std::size_t lanes) = 0;
  /// Errors: those of binding (2002 to 2008), control_unavailable.
  virtual void bind(session_id session, const endpoint_request& wanted,
                    std::function<void(result<served_endpoint>)> reply)
    = 0;
  /// The agent gives an endpoint up.
  virtual void unbind(session_id session, endpoint_id endpoint) = 0;
  /// The agent says goodbye: endpoints end now, not after the grace time.
  virtual void leave(session_id session) = 0;
  /// Never waits: when the inspector is behind, the capture is dropped and counted.
  virtual void captured(std::unique_ptr<capture> exchange) = 0;
  /// About once a second, endpoints with something to tell only.
  virtual void used(std::vector<endpoint_usage>) {}
};

/// What the actors ask of the loops. Every call may come from any thread and returns at once.
class edge_control {
public:
  virtual ~edge_control() = default;

  /// Every loop serves by this map from its next turn on.
  virtual void publish_routes(std::shared_ptr<const route_map> routes) = 0;
  /// Listens on a public TCP port for an endpoint. The reply comes on any thread.
  /// Errors: port_taken, listen_failed.
  virtual void open_port(std::uint16_t port, std::function<void(result<done>)> reply) = 0;
  virtual void close_port(std::uint16_t port) = 0;
  /// Tells the agent, lets streams end for a short time, closes all its lanes.
  virtual void close_session(session_id session, const lane::goaway& why) = 0;
  /// Tells the agent that an endpoint is gone; its streams are reset.
  virtual void drop_endpoint(session_id session, const lane::unbind& what) = 0;
  /// Sends a captured request again, by the endpoint's own route. The answer is a capture that was
  /// also given to decisions::captured(). Errors: agent_away, replay_failed, capture_incomplete.
  virtual void replay(const route& where, const capture& original,
                      std::function<void(result<std::shared_ptr<const capture>>)> reply)
    = 0;
};

} // namespace serverme::edge

// What the loops, which carry bytes, ask of the actors, which decide. Nothing here blocks, and no
// payload byte passes except in a capture. The other way is actors/ports/edge_doors.hpp.
#pragma once

#include "protocol/capture.hpp"
#include "protocol/lane/messages.hpp"
#include "protocol/result.hpp"

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
  /// Errors: key_invalid, resume_refused, control_unavailable, lane_limit, too_busy.
  virtual void greet(const lane::hello& greeting, const std::string& agent_address,
                     std::function<void(result<admission>)> reply)
    = 0;
  /// The session has this many lanes on this edge now. 0: the agent is away; its endpoints stay for
  /// a while and requests wait.
  virtual void lanes_changed(session_id session, std::size_t lanes) = 0;
  /// Errors: those of binding (2002 to 2008), control_unavailable, too_busy.
  virtual void bind(session_id session, const endpoint_request& wanted,
                    std::function<void(result<served_endpoint>)> reply)
    = 0;
  /// The agent gives an endpoint up.
  virtual void unbind(session_id session, endpoint_id endpoint) = 0;
  /// The agent says goodbye: endpoints end now, not after the grace time.
  virtual void leave(session_id session) = 0;
  /// Numbers the capture, keeps it for its owner and returns it. Never waits: when the inspector is
  /// behind, captures are dropped and counted.
  virtual std::shared_ptr<const capture> captured(std::unique_ptr<capture> exchange) = 0;
  /// About once a second, endpoints with something to tell only.
  virtual void used(const std::vector<endpoint_usage>&) {}
};

} // namespace serverme::edge

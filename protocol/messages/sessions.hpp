// Agents that come, bind and go: what the edge's loops tell its actors.
#pragma once

#include "protocol/endpoint.hpp"
#include "protocol/messages/accounts.hpp"

#include <string>
#include <vector>

namespace serverme {

/// Is the lane one of the session's home, or one that it has on another edge (docs/adr/0015)?
enum class lane_purpose : std::uint8_t { home = 1, companion = 2 };

/// A lane said hello. A session whose home is another edge moves here, unless the lane is to be a
/// companion's. Errors: key_invalid, resume_refused (a token, and no key to fall back on),
/// lane_limit, control_unavailable, too_busy (the account, or the node, has too many sessions).
struct greet_agent {
  /// SHA-256, 32 bytes each; empty: none was sent. The texts go no further than where they arrived.
  std::string key_hash;
  std::string token_hash;
  /// 0: none was sent.
  session_id session;
  std::string agent;
  std::string address;
  lane_purpose purpose = lane_purpose::home;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, greet_agent& x) {
    return f(x.key_hash, x.token_hash, x.session, x.agent, x.address, x.purpose);
  }
};

struct agent_admitted {
  session_id session;
  account_id owner;
  /// Secret. Empty when the session was resumed: the agent knows it.
  std::string resume_token;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, agent_admitted& x) {
    return f(x.session, x.owner, x.resume_token);
  }
};

struct lanes_changed {
  session_id session;
  std::uint32_t lanes = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, lanes_changed& x) {
    return f(x.session, x.lanes);
  }
};

/// Errors: those of lease_endpoint, too_many_endpoints, port_taken, listen_failed,
/// resume_refused (no such session), control_unavailable (its home is another edge).
struct bind_endpoint {
  session_id session;
  endpoint_request wanted;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, bind_endpoint& x) {
    return f(x.session, x.wanted);
  }
};

struct endpoint_bound {
  endpoint_id endpoint;
  std::string name;
  std::uint16_t port = 0;
  std::vector<std::string> urls;

  friend bool operator==(const endpoint_bound&, const endpoint_bound&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, endpoint_bound& x) {
    return f(x.endpoint, x.name, x.port, x.urls);
  }
};

/// The agent gives one up.
struct unbind_endpoint {
  session_id session;
  endpoint_id endpoint;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, unbind_endpoint& x) {
    return f(x.session, x.endpoint);
  }
};

/// The agent said goodbye: no grace time.
struct agent_left {
  session_id session;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, agent_left& x) {
    return f(x.session);
  }
};

} // namespace serverme

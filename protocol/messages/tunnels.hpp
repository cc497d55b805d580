// What people see of tunnels, and what they may do to them.
#pragma once

#include "protocol/endpoint.hpp"
#include "protocol/messages/accounts.hpp"
#include "protocol/messages/leases.hpp"

#include <string>
#include <vector>

namespace serverme {

/// One served endpoint.
struct tunnel_view {
  endpoint_id endpoint;
  endpoint_kind kind = endpoint_kind::http;
  std::string name;
  std::uint16_t port = 0;
  std::vector<std::string> urls;
  account_id owner;
  session_id session;
  /// "serverme/0.1.0 linux", and where it comes from.
  std::string agent;
  std::string address;
  wall_time since{};
  presence state = presence::here;
  /// "localhost:3000".
  std::string local_label;
  inspection inspect = inspection::off;
  /// Requests, or connections of tcp and tls.
  std::uint64_t visits = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, tunnel_view& x) {
    return f(x.endpoint, x.kind, x.name, x.port, x.urls, x.owner, x.session, x.agent, x.address,
             x.since, x.state, x.local_label, x.inspect, x.visits, x.bytes_in, x.bytes_out);
  }
};

/// Answered by tunnel_list: the asker's own; an admin's: everybody's. Oldest first.
struct list_tunnels {
  asker who;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, list_tunnels& x) {
    return f(x.who);
  }
};

struct tunnel_list {
  std::vector<tunnel_view> tunnels;
  /// Edges that did not answer, or not with all of theirs; in order, each once.
  std::vector<node_id> incomplete;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, tunnel_list& x) {
    return f(x.tunnels, x.incomplete);
  }
};

/// Answered by tunnel_view. Errors: api_not_found, also when it is somebody else's.
struct get_tunnel {
  asker who;
  endpoint_id endpoint;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, get_tunnel& x) {
    return f(x.who, x.endpoint);
  }
};

/// The agent is told and does not bind it again. Errors: api_not_found.
struct close_tunnel {
  asker who;
  endpoint_id endpoint;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, close_tunnel& x) {
    return f(x.who, x.endpoint);
  }
};

struct tunnel_closed {
  endpoint_id endpoint;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, tunnel_closed& x) {
    return f(x.endpoint);
  }
};

/// From a session: it serves this now, or with other options.
struct tunnel_opened {
  tunnel_view view;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, tunnel_opened& x) {
    return f(x.view);
  }
};

/// From a session: no more.
struct tunnel_ended {
  endpoint_id endpoint;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, tunnel_ended& x) {
    return f(x.endpoint);
  }
};

/// What happened on one endpoint since the last report.
struct tunnel_usage {
  endpoint_id endpoint;
  std::uint64_t visits = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, tunnel_usage& x) {
    return f(x.endpoint, x.visits, x.bytes_in, x.bytes_out);
  }
};

struct usage_report {
  std::vector<tunnel_usage> used;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, usage_report& x) {
    return f(x.used);
  }
};

} // namespace serverme

// Where one endpoint leads.
#pragma once

#include "protocol/endpoint.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace serverme {

/// Where the lanes of a session are, when not only on this edge (docs/adr/0015). Shared by the
/// routes of the session.
struct session_places {
  /// Where its actor lives; none: on this edge.
  node_id home;
  /// Other edges that have a lane of it, in the order in which to try them.
  std::vector<node_id> others;

  friend bool operator==(const session_places&, const session_places&) = default;
};

/// Where one endpoint leads, and what the edge does on the way. The small ones stand together:
/// there may be a million of these on an edge.
struct route {
  endpoint_id endpoint;
  endpoint_kind kind = endpoint_kind::http;
  inspection inspect = inspection::on;
  /// tcp only.
  std::uint16_t port = 0;
  /// "shop.example.com", or "" for tcp.
  std::string host;
  session_id session;
  account_id owner;
  serverme::generation generation;
  std::string host_header;
  /// SHA-256 of "user:password"; empty: open to all.
  std::string basic_auth_digest;
  /// nullptr: this edge is its home, and has all its lanes. Each edge has its own view: not told.
  std::shared_ptr<const session_places> places;

  friend bool operator==(const route&, const route&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, route& x) {
    return f(x.endpoint, x.kind, x.inspect, x.port, x.host, x.session, x.owner, x.generation,
             x.host_header, x.basic_auth_digest);
  }
};

} // namespace serverme

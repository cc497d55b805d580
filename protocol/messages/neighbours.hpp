// What edges tell each other, so that each of them serves every name (docs/adr/0015).
#pragma once

#include "protocol/messages/captures.hpp"
#include "protocol/messages/tunnels.hpp"
#include "protocol/route_map.hpp"

#include <string>
#include <vector>

namespace serverme {

/// A session, as its home tells it to the other edges. A later telling of it replaces this one.
struct session_record {
  session_id session;
  account_id account;
  /// SHA-256 of its resume token: whoever has that is this session, on any edge.
  std::string token_hash;
  /// Edges on which it has a lane now, its home first when that is one; empty: the agent is away.
  std::vector<node_id> lanes_at;

  friend bool operator==(const session_record&, const session_record&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, session_record& x) {
    return f(x.session, x.account, x.token_hash, x.lanes_at);
  }
};

/// Some of what an edge serves, in order: answered by edge_news_taken, and not sent on before.
struct edge_news {
  /// One message must stay far below what a link between nodes lets pass.
  static constexpr std::size_t entries_max = 256;

  /// Grows by one with each message of one telling; the first (1) forgets what was told before.
  std::uint64_t number = 0;
  /// The last of the pages that tell everything.
  bool is_whole = false;
  std::vector<session_record> sessions;
  std::vector<session_id> sessions_gone;
  std::vector<route> routes;
  std::vector<endpoint_id> routes_gone;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, edge_news& x) {
    return f(x.number, x.is_whole, x.sessions, x.sessions_gone, x.routes, x.routes_gone);
  }
};

struct edge_news_taken {
  std::uint64_t number = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, edge_news_taken& x) {
    return f(x.number);
  }
};

/// To a session's home: it has so many lanes as a companion on the edge that says this.
struct companion_lanes {
  session_id session;
  std::uint32_t lanes = 0;

  friend bool operator==(const companion_lanes&, const companion_lanes&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, companion_lanes& x) {
    return f(x.session, x.lanes);
  }
};

/// To a session's former home: its agent has come to the edge that says this, with the token. The
/// session ends there without a word to the agent, and without giving up what it held.
struct session_moved {
  session_id session;
  std::string token_hash;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, session_moved& x) {
    return f(x.session, x.token_hash);
  }
};

} // namespace serverme

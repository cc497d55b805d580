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
  /// By which its agent came: a session that moved ends, too, when that is revoked.
  key_id key;
  /// SHA-256 of its resume token: whoever has that is this session, on any edge.
  std::string token_hash;
  /// Edges on which it has a lane now, its home first when that is one; empty: the agent is away.
  std::vector<node_id> lanes_at;

  friend bool operator==(const session_record&, const session_record&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, session_record& x) {
    return f(x.session, x.account, x.key, x.token_hash, x.lanes_at);
  }
};

/// The last message of an edge that was taken, in order; zero: none. As an answer: another one than
/// was sent means that it has to tell everything anew.
struct edge_news_taken {
  std::uint64_t telling = 0;
  std::uint64_t number = 0;

  friend bool operator==(const edge_news_taken&, const edge_news_taken&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, edge_news_taken& x) {
    return f(x.telling, x.number);
  }
};

/// Some of what an edge serves, in order: answered by edge_news_taken, and not sent on before.
struct edge_news {
  /// One message must stay far below what a link between nodes lets pass.
  static constexpr std::size_t entries_max = 256;

  /// Everything, in pages, and then what changes. Larger each time an edge begins anew; with its
  /// last page (`is_whole`) what the telling before had more is over.
  std::uint64_t telling = 0;
  /// 1, and one more with each message of one telling.
  std::uint64_t number = 0;
  bool is_whole = false;
  /// What the sender has heard of the receiver: one that lost its memory is told everything.
  edge_news_taken heard;
  std::vector<session_record> sessions;
  std::vector<session_id> sessions_gone;
  std::vector<route> routes;
  std::vector<endpoint_id> routes_gone;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, edge_news& x) {
    return f(x.telling, x.number, x.is_whole, x.heard, x.sessions, x.sessions_gone, x.routes,
             x.routes_gone);
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
/// session ends there without a word to the agent, and without giving up what it held. Answered by
/// session_let_go. Errors: resume_refused (no such session, or another token).
struct session_moved {
  session_id session;
  std::string token_hash;

  friend bool operator==(const session_moved&, const session_moved&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, session_moved& x) {
    return f(x.session, x.token_hash);
  }
};

struct session_let_go {
  session_id session;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, session_let_go& x) {
    return f(x.session);
  }
};

/// What visitors of one edge did with endpoints whose home is the edge that is told. Answered by
/// edge_report_taken, and not sent on before.
struct edge_report {
  /// Without their numbers: the home gives them.
  std::vector<capture_record> captures;
  std::vector<tunnel_usage> used;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, edge_report& x) {
    return f(x.captures, x.used);
  }
};

struct edge_report_taken {
  std::uint64_t captures = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, edge_report_taken& x) {
    return f(x.captures);
  }
};

} // namespace serverme

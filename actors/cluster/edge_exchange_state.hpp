// What the parts of the edge exchange share: edge_exchange*.cpp only.
#pragma once

#include "actors/cluster/edge_exchange.hpp"
#include "actors/probed.hpp"
#include "protocol/neighbours/own_news.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace serverme::actors {

// Its own messages.

struct look_for_exchanges {};

/// What changed meanwhile is told.
struct tell_changes {};

/// There are captures of visitors here for endpoints of other edges.
struct take_forwarded {};

namespace exchanges {

struct peer {
  caf::actor gateway;          // none: not connected
  edge_exchange_wire exchange; // none: not found yet, or no more
  bool is_asked = false;
  /// Membership says so; its connection may not have noticed yet.
  bool is_dead = false;
  /// Its lanes are not taken from our sessions yet.
  std::optional<time_point> lost_at;

  neighbours::news_teller teller;
  /// Grows with every telling: answers to former ones say nothing.
  std::uint64_t telling = 0;
  bool must_be_told_anew = false;
  /// Since this exchange and this route table run, the table was given everything of it.
  bool is_at_table = false;

  neighbours::report_queue reports;
  bool is_reporting = false;
};

/// Lanes that this edge has of another one's session.
struct companionship {
  std::uint32_t lanes = 0;
  /// Who has heard so.
  std::optional<node_id> told;
};

/// A session that came here, and whose former home has not confirmed that.
struct unconfirmed_move {
  node_id former_home;
  std::string token_hash;
};

struct edge_exchange_state {
  static inline const char* name = "edge_exchange";
  edge_exchange_state() = default; // declared: CAF would build an aggregate from the actor itself

  edge_exchange_options options;
  node_id self;

  neighbours::own_news own;
  std::optional<neighbours::neighbour_book> book;
  std::map<node_id, peer> peers; // edges only
  std::uint64_t last_telling = 0;
  bool is_gathering = false;

  std::unordered_map<session_id, caf::actor_addr> owners;
  std::unordered_map<caf::actor_addr, session_id> owned;
  std::unordered_map<session_id, companionship> companions;
  std::unordered_map<session_id, unconfirmed_move> moves;

  // Whom it watches; none: it has to ask once more.
  caf::actor_addr table, membership;
  bool table_is_asked = false, membership_is_asked = false;
  std::map<node_id, member_view> members; // edges that live, but for this one
  std::vector<neighbour_edge> told_neighbours;

  std::shared_ptr<capture_feed> forwarded;
  caf::actor_clock::time_point rests_until = caf::actor_clock::time_point::min();
};

using exchange_with_timers
  = edge_exchange_actor::extend<takes<look_for_exchanges>, takes<tell_changes>,
                                takes<take_forwarded>, takes<routes_changed>, takes<member_news>,
                                takes<peer_up>, takes<peer_down>>;
using exchange_self = self_pointer<exchange_with_timers, edge_exchange_state>;

// edge_exchange_links.cpp: the ways to the other exchanges

void on_peer_up(exchange_self self, const peer_up& news);
void on_peer_down(exchange_self self, const peer_down& news);
/// @returns whether it was one
bool on_exchange_down(exchange_self self, const caf::actor_addr& who);
void look_for_exchange(exchange_self self, node_id node, peer& there);
/// Membership says that it is dead, or that it is not.
void declare_dead(exchange_self self, node_id node);
void declare_alive(exchange_self self, node_id node);
/// The edge that says what is handled now; nothing: it is none, or nobody knows how to answer it.
std::optional<node_id> edge_that_speaks(exchange_self self);
/// Everything anew.
void begin_telling(exchange_self self, peer& there);
/// What may be told now.
void tell_peer(exchange_self self, node_id node);
void tell_soon(exchange_self self);
template <class Key>
void changed(exchange_self self, Key key) {
  for (auto& [node, there] : self->state.peers)
    there.teller.changed(key);
  tell_soon(self);
}
/// That its lanes here are so many.
void tell_home_of(exchange_self self, session_id session);
/// Takes the lanes at that edge from our sessions.
void drop_companion(exchange_self self, node_id node);
void confirm_move(exchange_self self, session_id session);

// edge_exchange_table.cpp: what the route table and the loops are told

void watch_table(exchange_self self);
void watch_membership(exchange_self self);
void on_routes_changed(exchange_self self, const routes_changed& news);
void on_member_news(exchange_self self, const member_news& news);
/// An edge was heard.
void tell_table(exchange_self self, node_id home, const neighbours::told_changes& changes);
/// Other ways may be better now.
void place_again(exchange_self self, node_id edge);
void place_own(exchange_self self, const session_record& record);

// edge_exchange_reports.cpp: captures and usage

void open_forwarding(exchange_self self);
void take_captures_of_others(exchange_self self);
void take_usage(exchange_self self, const usage_report& news);
void send_report(exchange_self self, node_id node);
caf::result<edge_report_taken> take_report(exchange_self self, edge_report& report);

} // namespace exchanges

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::look_for_exchanges)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::tell_changes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::take_forwarded)

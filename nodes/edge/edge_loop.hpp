// One event loop of an edge and everything on it: visitors, sessions, its snapshot of the routes.
//
// All of it is touched by this loop's thread only. A session has one home loop, where all its lanes
// are; a visitor whose target lives elsewhere moves there, connection and all.
#pragma once

#include "net/event_loop.hpp"
#include "nodes/edge/certificate_source.hpp"
#include "nodes/edge/decisions.hpp"
#include "nodes/edge/edge_config.hpp"
#include "nodes/edge/edge_counters.hpp"
#include "nodes/edge/peers/edges_for_agents.hpp"
#include "nodes/edge/peers/peer_edge.hpp"
#include "nodes/edge/resident.hpp"
#include "protocol/http1/head.hpp"
#include "protocol/lane/budget.hpp"
#include "protocol/route_map.hpp"

#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

namespace serverme::edge {

class agent_session;
class edge_loop;
class neighbourhood;
class peer_credentials;
class stranger;

/// What the loops of one edge share. Set before the first loop runs, then only read.
struct edge_shared {
  edge_config config;
  certificate_source& certificates;
  decisions* deciders = nullptr;
  edge_counters counters;
  std::vector<std::shared_ptr<edge_loop>> loops;
};

/// Shared so that answers of the deciders, which may come late, can ask whether it still is there.
class edge_loop : public std::enable_shared_from_this<edge_loop> {
public:
  /// The next one of those that are there.
  explicit edge_loop(edge_shared& shared);
  ~edge_loop();

  net::event_loop& loop() noexcept { return loop_; }
  const edge_config& config() const noexcept { return shared_.config; }
  const edge_limits& limits() const noexcept { return shared_.config.limits; }
  certificate_source& certificates() noexcept { return shared_.certificates; }
  decisions& deciders() noexcept { return *shared_.deciders; }
  const route_map& routes() const noexcept { return *routes_; }
  edge_counters& counters() noexcept { return shared_.counters; }
  time_point now() const noexcept { return loop_.now(); }

  /// Where the lanes of a session are.
  edge_loop& home_of(session_id session) const noexcept;
  /// By any number: they count on from the first.
  edge_loop& loop_of(std::size_t number) const noexcept;
  std::uint16_t loops() const noexcept;
  /// nullptr when the session has no lane on this loop.
  agent_session* find_session(session_id session) noexcept;
  /// @pre this is its home
  agent_session& open_session(session_id session, account_id owner);
  void forget_session(session_id session);

  /// Takes a resident in; it lives until retire().
  template <class Resident>
  Resident& admit(std::unique_ptr<Resident> who) {
    auto& there = *who;
    move_in(std::move(who));
    return there;
  }
  /// Destroys it at the end of the turn: it may be in the middle of a call.
  void retire(resident& who);
  /// At most limits().visitors_max may be here; one more is counted as refused.
  bool has_room() noexcept;
  std::list<stranger*>& strangers() noexcept { return strangers_; }

  /// Every waiting visitor looks again, at the end of the turn.
  void announce_change();
  void set_routes(std::shared_ptr<const route_map> routes);
  const edges_for_agents& other_edges() const noexcept { return other_edges_; }
  /// Every agent hears of it.
  void tell_of_edges(std::vector<std::string> all);
  void endpoint_gone(endpoint_id endpoint);

  /// nullptr: this edge stands alone.
  const std::shared_ptr<const peer_credentials>& credentials() const noexcept {
    return credentials_;
  }
  /// For the next lanes to other edges, and from them.
  void set_credentials(std::shared_ptr<const peer_credentials> fresh);
  /// Lanes to the other edges; nullptr: this edge stands alone.
  neighbourhood* neighbours() noexcept { return neighbours_.get(); }
  /// All other edges that live: each loop keeps a lane to each.
  void set_peers(const std::vector<peer_edge>& all);

  /// Counters that the owner of an endpoint sees.
  void count(endpoint_id endpoint, std::uint64_t visits, std::uint64_t in, std::uint64_t out);

  /// At most limits().waiting_max visitors wait for agents. @returns false when it is full
  bool begin_waiting() noexcept;
  void end_waiting() noexcept { --waiting_; }

  /// Receive windows of one account, under those of the loop.
  lane::window_budget& budget_of(account_id account);

  bool is_draining() const noexcept { return draining_; }
  /// Agents are told to come back later, idle visitors are sent away; streams go on until
  /// shutdown(). `drained` is called once, when nobody is busy any more.
  void drain(std::function<void()> drained);
  /// Everybody is closed, and nobody comes in any more.
  void shutdown();
  bool has_ended() const noexcept { return has_ended_; }

  /// For heads: parsed and done with within one call, so one of each is enough for a loop.
  struct scratch {
    http1::request_head request;
    http1::response_head response;
    byte_queue bytes;  // a request on its way to a lane
    byte_queue answer; // an answer's head on its way to a visitor
  };
  scratch& scratch_space() noexcept { return scratch_; }

private:
  void move_in(std::unique_ptr<resident> who);
  /// Also when the call makes some of them leave.
  template <class Call>
  void for_each_resident(Call call);
  void clean_up();
  void tick(time_point now);
  void report_usage();

  edge_shared& shared_;
  const std::uint16_t number_;
  net::event_loop loop_;
  std::shared_ptr<const route_map> routes_;
  edges_for_agents other_edges_;
  lane::window_budget budget_;
  std::unordered_map<account_id, lane::window_budget> account_budgets_;
  std::shared_ptr<const peer_credentials> credentials_;
  std::list<stranger*> strangers_;
  std::unordered_map<resident*, std::unique_ptr<resident>> residents_;
  std::vector<std::unique_ptr<resident>> retired_;
  std::unordered_map<session_id, std::unique_ptr<agent_session>> sessions_;
  std::vector<std::unique_ptr<agent_session>> forgotten_;
  std::unique_ptr<neighbourhood> neighbours_; // lets go of residents: gone before they are
  std::unordered_map<endpoint_id, endpoint_usage> usage_;
  scratch scratch_;
  net::turn_task clean_up_;
  net::turn_task look_again_;
  std::unique_ptr<net::ticker> ticker_;
  std::size_t waiting_ = 0;
  bool draining_ = false;
  bool has_ended_ = false;
  std::function<void()> drained_;
};

} // namespace serverme::edge

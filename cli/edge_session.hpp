// The session with an edge, over whatever the network does: dialing, lanes, resuming, back-off,
// goodbye. What is served over it is up to the user.
//
// In a cluster it has a home, one of the edges, and a companion (companion.hpp). When the home is
// lost it moves to the companion's edge at once; when the home says that it is about to stop, it
// moves first, and the lanes that it had there end when their streams have.
#pragma once

#include "cli/agent_lane.hpp"
#include "cli/companion.hpp"
#include "cli/edge_itinerary.hpp"
#include "cli/wake_watch.hpp"
#include "net/route_watch.hpp"
#include "protocol/backoff.hpp"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace serverme::cli {

/// What the user of a session is told. Calls come from the loop.
class session_user {
public:
  virtual void on_connecting() = 0;
  /// `resumed`: what was bound in this session before still is.
  virtual void on_connected(const std::string& node, bool resumed) = 0;
  virtual void on_disconnected(const failure& why) = 0;
  virtual void on_reconnecting(milliseconds pause) = 0;
  /// @errors protocol_violation: to a question that was never asked
  virtual result<done> on_bound(const lane::bound& answer) = 0;
  virtual void on_unbound(const lane::unbind& what) = 0;
  virtual lane::stream_handler* on_stream(lane::core& core, lane::stream_id id,
                                          const lane::open& message, bytes_view first)
    = 0;
  virtual void on_round_trip(microseconds round_trip) = 0;
  /// The node that is the second edge now; empty: none.
  virtual void on_companion_changed(const std::string& node) = 0;
  /// About twice a second, while the session is not over.
  virtual void on_tick(time_point now) = 0;
  /// The last call, never from within a call into the session. Nothing: leave() without a reason.
  virtual void on_over(const std::optional<failure>& why) = 0;

protected:
  ~session_user() = default;
};

struct session_config {
  net::address server;
  std::string ca_file;
  std::string api_key;
  backoff_limits backoff;
};

class edge_session final : lane_owner, companion_user {
public:
  edge_session(net::event_loop& loop, session_config config, session_user& user);
  ~edge_session();

  void start();
  /// Tells the edge that we will not be back, gives queued answers a short time, and ends. Asked
  /// again, it ends at once.
  void leave(std::optional<failure> why);
  bool is_connected() const noexcept { return stage_ == stage::up; }
  /// On a lane that is up.
  void send_control(lane::frame_type type, const byte_queue& payload);

private:
  enum class stage : unsigned char { idle, connecting, up, pausing, leaving, over };

  void on_lane_up(agent_lane& lane, const lane::welcome& welcome) override;
  lane::stream_handler* on_lane_stream(agent_lane& lane, lane::stream_id id,
                                       const lane::open& message, bytes_view first) override;
  result<done> on_lane_bound(agent_lane& lane, const lane::bound& answer) override;
  void on_lane_unbound(agent_lane& lane, const lane::unbind& what) override;
  void on_lane_edges(agent_lane& lane, const lane::edges& news) override;
  void on_lane_goaway(agent_lane& lane, const lane::goaway& why) override;
  void on_lane_round_trip(agent_lane& lane, microseconds round_trip) override;
  void on_lane_over(agent_lane& lane, const failure& why) override;
  lane::stream_handler* on_companion_stream(agent_lane& lane, lane::stream_id id,
                                            const lane::open& message, bytes_view first) override;
  void on_companion_changed(const std::string& node) override;

  using lanes = std::vector<std::unique_ptr<agent_lane>>;

  void connect();
  std::unique_ptr<agent_lane> dial(const net::address& edge, lane::hello greeting);
  lane::hello greeting() const;
  void settle(const lane::welcome& welcome);
  bool is_of_home(const agent_lane& lane) const noexcept;
  bool has_lanes() const noexcept;
  bool has_lanes_for_new_streams() const noexcept;
  void on_another_lane_up(agent_lane& lane, const lane::welcome& welcome);
  void move_away();
  void try_next_home();
  void on_lost(const failure& why);
  void on_home_over(agent_lane& lane, const failure& why);
  void come_back();
  void give_up_attempt(time_point now);
  void pause(milliseconds length);
  void on_network_changed();
  void tick(time_point now);
  void balance_lanes(time_point now);
  void open_another_lane();
  void close_a_quiet_lane();
  void end(std::optional<failure> why);

  net::event_loop& loop_;
  session_config config_;
  session_user& user_;
  net::ssl_context tls_;
  lane::window_budget budget_;
  backoff backoff_;
  std::mt19937_64 random_;
  lanes lanes_; // of the home
  /// The one that shall be the home's first.
  std::unique_ptr<agent_lane> coming_;
  /// Of former homes: what they carry goes on.
  lanes former_;
  stage stage_ = stage::idle;
  /// The home, or where it is looked for.
  net::address server_;
  edge_itinerary itinerary_;
  /// What is asked now is the configured server.
  bool is_last_of_round_ = true;
  companion companion_;

  // The session that we have, or had.
  std::optional<session_id> id_;
  std::string resume_token_;
  std::string node_;
  bool knows_companions_ = false;
  std::size_t lanes_max_ = 1;
  time_point up_since_{};
  time_point tried_at_{};
  milliseconds retry_after_{0};

  // When a second lane opens or closes.
  int busy_ticks_ = 0;
  time_point quiet_since_{};
  time_point no_lanes_before_{};

  wake_watch wake_;
  std::optional<net::ticker> ticker_;
  std::optional<net::route_watch> routes_;
  std::uint64_t pauses_ = 0; // numbers the timer that counts
  std::optional<failure> farewell_;
  /// For timers, which can outlive this.
  std::shared_ptr<edge_session*> self_;
};

} // namespace serverme::cli

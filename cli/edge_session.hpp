// The session with an edge, over whatever the network does: dialing, lanes, resuming, back-off,
// goodbye. What is served over it is up to the user.
#pragma once

#include "cli/agent_lane.hpp"
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

class edge_session final : lane_owner {
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
  result<done> on_lane_bound(const lane::bound& answer) override;
  void on_lane_unbound(const lane::unbind& what) override;
  void on_lane_goaway(agent_lane& lane, const lane::goaway& why) override;
  void on_lane_round_trip(microseconds round_trip) override;
  void on_lane_over(agent_lane& lane, const failure& why) override;

  void connect();
  void prefer(const std::vector<std::string>& edges);
  void open_lane(lane::hello greeting);
  lane::hello greeting() const;
  bool has_lanes() const noexcept;
  bool has_lanes_for_new_streams() const noexcept;
  void on_lost(const failure& why);
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
  std::vector<std::unique_ptr<agent_lane>> lanes_;
  stage stage_ = stage::idle;
  /// Where lanes go now: as configured, or where the edge sent us.
  net::address server_;
  bool was_sent_ = false;
  std::vector<net::address> preferred_; // each is tried once

  // The session that we have, or had.
  std::optional<session_id> id_;
  std::string resume_token_;
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

// A lane on its socket: the lane core, fed and drained by a TLS channel, once a turn.
#pragma once

#include "net/channel.hpp"
#include "protocol/heartbeat.hpp"
#include "protocol/lane/core.hpp"

#include <memory>

namespace serverme::net {

/// What the owner of a lane is told. Calls come from the loop; on_lane_closed is the last one,
/// after every stream was reset, and the owner may destroy the lane within it.
class lane_user {
public:
  /// TLS is up: agents send their hello now.
  virtual void on_lane_ready() = 0;
  virtual lane::stream_handler* on_stream(lane::stream_id id, const lane::open& message,
                                          bytes_view first)
    = 0;
  virtual void on_control(lane::frame_type type, bytes_view payload) = 0;
  virtual void on_round_trip(microseconds) {}
  virtual void on_lane_closed(const failure& why) = 0;

protected:
  ~lane_user() = default;
};

class lane_link final : channel_user, lane::lane_handler {
public:
  lane_link(std::unique_ptr<channel> connection, lane::side which, lane::core_limits limits,
            heartbeat_limits liveness, lane::window_budget& budget, lane_user& user);
  ~lane_link();

  void start();
  lane::core& core() noexcept { return core_; }
  channel& connection() noexcept { return *channel_; }
  bool is_dead() const noexcept { return dead_; }

  /// Queues a control frame; the lane closes itself when a peer does not read them.
  void send_control(lane::frame_type type, const byte_queue& payload);
  /// Sends what is queued, then closes; on_lane_closed is not called.
  void close_gently();
  /// As if the connection broke: streams are reset, on_lane_closed is called (not from within).
  void fail_now(failure why);
  /// As fail_now(), and the peer is told why it is not wanted any more, if it still listens.
  void reject(failure why);
  /// From now on; the edge says it in its welcome.
  void set_liveness(heartbeat_limits liveness) noexcept;
  /// Call about once a second: pings, and notices a silent peer.
  void on_tick(time_point now);
  /// The clock jumped: the peer has `grace` to answer a ping.
  void on_wake(milliseconds grace);
  /// As on_wake(), and the ping leaves now: is there still somebody?
  void doubt(milliseconds grace);

  /// Bytes carried lately, halved every half second: the lane with the fewest is the best for a new
  /// stream (measured: p99 beside a stalled bulk 105 ms; 210 ms by round robin or stream count).
  double recent_bytes(time_point now) const noexcept;
  time_point heard_at() const noexcept;

private:
  void on_secured() override;
  void on_bytes(bytes_view bytes) override;
  void on_end() override;
  void on_sent() override;
  void on_closed(const failure& why) override;

  lane::stream_handler* on_open(lane::stream_id id, const lane::open& message,
                                bytes_view first) override;
  void on_control(lane::frame_type type, bytes_view payload) override;
  void on_pong(microseconds round_trip) override;
  void on_output() override;

  void flush();
  void note_bytes(std::size_t count);
  void say_goodbye(const failure& why);
  void die(const failure& why);

  std::unique_ptr<channel> channel_;
  lane_user& user_;
  lane::core core_;
  heartbeat heartbeat_;
  time_point heard_;
  turn_task flush_task_;
  double recent_ = 0;
  time_point recent_at_{};
  /// Alive while a failure is on its way to the user.
  std::shared_ptr<bool> closing_;
  bool dead_ = false;
  bool rejected_ = false;
  bool told_ = false;
};

} // namespace serverme::net

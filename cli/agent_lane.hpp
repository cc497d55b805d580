// One lane to an edge: dialed, secured, greeted; then frames are passed on.
#pragma once

#include "net/dialer.hpp"
#include "net/lane_link.hpp"

#include <memory>
#include <optional>
#include <string>

namespace serverme::cli {

class agent_lane;

/// What the owner of lanes is told. Calls come from the loop.
class lane_owner {
public:
  /// The edge let us in.
  virtual void on_lane_up(agent_lane& lane, const lane::welcome& welcome) = 0;
  virtual lane::stream_handler* on_lane_stream(agent_lane& lane, lane::stream_id id,
                                               const lane::open& message, bytes_view first)
    = 0;
  /// @errors protocol_violation: to a question that nobody asked; ends the lane
  virtual result<done> on_lane_bound(agent_lane& lane, const lane::bound& answer) = 0;
  virtual void on_lane_unbound(agent_lane& lane, const lane::unbind& what) = 0;
  /// Other edges came or went.
  virtual void on_lane_edges(agent_lane& lane, const lane::edges& news) = 0;
  /// The edge wants no new streams here, or none of us at all.
  virtual void on_lane_goaway(agent_lane& lane, const lane::goaway& why) = 0;
  virtual void on_lane_round_trip(agent_lane& lane, microseconds round_trip) = 0;
  /// The last call, after every stream was reset; the lane may be destroyed in it.
  virtual void on_lane_over(agent_lane& lane, const failure& why) = 0;

protected:
  ~lane_owner() = default;
};

struct lane_setup {
  net::address server;
  /// What the certificate must be for: all edges of a cluster have one for the same name.
  std::string name;
  /// TLS 1.3, ALPN serverme/1, certificates checked.
  net::ssl_context tls;
  lane::hello greeting;
};

inline constexpr const char* alpn_lane = "serverme/1";

class agent_lane final : net::lane_user {
public:
  /// `budget` bounds the windows of all lanes; it and `owner` outlive the lane.
  agent_lane(net::event_loop& loop, lane_setup setup, lane::window_budget& budget,
             lane_owner& owner);
  ~agent_lane();

  void start();
  const net::address& server() const noexcept { return setup_.server; }
  /// Takes new streams.
  bool is_up() const noexcept { return stage_ == stage::up; }
  /// Is there, or was until GOAWAY: its streams go on.
  bool carries_streams() const noexcept { return stage_ == stage::up || stage_ == stage::leaving; }
  /// The edge let us in once.
  bool was_up() const noexcept { return was_up_; }
  std::size_t streams() noexcept;
  double recent_bytes(time_point now) const noexcept;
  /// @pre carries_streams()
  lane::core& core() noexcept { return link_->core(); }

  void send_control(lane::frame_type type, const byte_queue& payload);
  /// No new streams, please; the edge closes the lane once the last one has ended.
  void say_goodbye(errc why);
  /// Sends what is queued and closes: streams are reset, the owner is not called.
  void close_gently();
  void on_tick(time_point now);
  /// The machine slept: does the edge still know us?
  void on_wake();

private:
  enum class stage : unsigned char { dialing, greeting, up, leaving, over };

  void on_dialed(result<net::stream_socket> outcome);
  void on_lane_ready() override;
  lane::stream_handler* on_stream(lane::stream_id id, const lane::open& message,
                                  bytes_view first) override;
  void on_control(lane::frame_type type, bytes_view payload) override;
  void on_round_trip(microseconds round_trip) override;
  void on_lane_closed(const failure& why) override;
  result<done> take_control(lane::frame_type type, bytes_view payload);
  result<done> take_welcome(bytes_view payload);
  result<done> take_goaway(bytes_view payload);
  void end(const failure& why);

  net::event_loop& loop_;
  lane_setup setup_;
  lane_owner& owner_;
  lane::window_budget budget_;
  std::unique_ptr<net::dialer> dialer_;
  std::unique_ptr<net::lane_link> link_;
  stage stage_ = stage::dialing;
  bool was_up_ = false;
  time_point greeted_by_ = time_point::max();
  /// What the edge said when it sent us away.
  std::optional<failure> told_;
};

} // namespace serverme::cli

// An agent as its home loop sees it: its lanes, and which of them takes the next stream.
#pragma once

#include "net/lane_link.hpp"
#include "nodes/edge/decisions.hpp"
#include "nodes/edge/edge_loop.hpp"

#include <memory>
#include <vector>

namespace serverme::edge {

class agent_session;

/// One lane of a session.
class agent_lane final : public resident, net::lane_user {
public:
  /// Sends `greeting` as the first frame. `peer_window`: what the agent granted for new streams.
  agent_lane(agent_session& session, std::uint64_t serial, std::unique_ptr<net::channel> connection,
             const lane::welcome& greeting, std::uint32_t peer_window);
  ~agent_lane() override;

  void start() { link_.start(); }
  lane::core& core() noexcept { return link_.core(); }
  net::lane_link& link() noexcept { return link_; }
  std::uint64_t serial() const noexcept { return serial_; }
  bool takes_streams() const noexcept { return !leaving_ && !link_.is_dead(); }
  /// A newer lane came: this one may be what is left of a lost connection. It has a short time to
  /// prove the opposite, and takes new streams only when no other does.
  void doubt();
  bool is_doubtful() const noexcept { return link_.heard_at() < doubted_at_; }
  /// GOAWAY; then closes, once its streams have ended or after `time`.
  void say_goodbye(const lane::goaway& why, milliseconds time);

  void on_tick(time_point now) override;
  void on_shutdown() override;

private:
  void on_lane_ready() override {}
  lane::stream_handler* on_stream(lane::stream_id, const lane::open&, bytes_view) override;
  void on_control(lane::frame_type type, bytes_view payload) override;
  void on_lane_closed(const failure& why) override;
  result<done> take_control(lane::frame_type type, bytes_view payload);

  agent_session& session_;
  std::uint64_t serial_;
  lane::window_budget budget_;
  net::lane_link link_;
  time_point close_at_ = time_point::max();
  /// Kept so long although it carries nothing.
  time_point idle_until_ = time_point::min();
  time_point doubted_at_ = time_point::min();
  bool leaving_ = false;
};

class agent_session {
public:
  agent_session(edge_loop& home, session_id id, account_id owner);
  ~agent_session();

  session_id id() const noexcept { return id_; }
  account_id owner() const noexcept { return owner_; }
  edge_loop& home() noexcept { return home_; }

  void add_lane(std::unique_ptr<net::channel> connection, const lane::welcome& greeting,
                std::uint32_t peer_window);
  void lane_gone(agent_lane& lane);
  /// nullptr when none takes streams.
  agent_lane* pick_lane(time_point now) noexcept;
  agent_lane* find_lane(std::uint64_t serial) noexcept;

  /// An agent's wish, taken to those who decide; the answer goes back on the same lane if it lives.
  void ask_to_bind(std::uint64_t serial, const lane::bind& wish);
  void say_goodbye(const lane::goaway& why, milliseconds time);
  /// Which other edges there are.
  void tell_edges();
  /// On a lane that is there.
  void send_control(lane::frame_type type, const byte_queue& payload);

private:
  /// At most limits.lanes_per_session: the one heard from least makes room.
  void make_room();

  edge_loop& home_;
  session_id id_;
  account_id owner_;
  std::vector<agent_lane*> lanes_; // residents of the home loop
  std::uint64_t lanes_ever_ = 0;
};

} // namespace serverme::edge

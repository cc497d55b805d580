#include "nodes/edge/peers/peer_guest.hpp"

#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/peers/peer_limits.hpp"
#include "nodes/edge/peers/relay_stream.hpp"

#include <utility>

namespace serverme::edge {

peer_guest::peer_guest(edge_loop& home, std::unique_ptr<net::channel> connection,
                       net::node_certificate who,
                       std::shared_ptr<const peer_credentials> credentials,
                       std::uint32_t peer_window)
  : home_{home},
    who_{std::move(who)},
    credentials_{std::move(credentials)},
    budget_{home.limits().loop_window_bytes},
    link_{std::move(connection), lane::side::agent, core_limits_between_edges(home.limits()),
          liveness_of_dialed,    budget_,           *this} {
  link_.core().set_peer_window(peer_window);
  ++home_.counters().peers.lanes_in;
}

peer_guest::~peer_guest() = default;

void peer_guest::start(const lane::edge_welcome& greeting) {
  byte_queue payload;
  append_to(payload, greeting);
  link_.send_control(lane::frame_type::hello, payload);
  link_.start();
  if (home_.is_draining())
    say_goodbye(errc::draining);
}

// The other edge counted on our loops: a session that is at home on another one is a mistake, and
// there is no way to it from here.
lane::stream_handler* peer_guest::on_stream(lane::stream_id id, const lane::open& message,
                                            bytes_view first) {
  if (link_.is_dead())
    return nullptr;
  if (!message.session || &home_.home_of(*message.session) != &home_) {
    ++home_.counters().peers.streams_in_refused;
    link_.core().reset(id, errc::protocol_violation);
    return nullptr;
  }
  if (!home_.has_room())
    return nullptr; // too_busy
  ++home_.counters().peers.streams_in;
  auto& relay = home_.admit(std::make_unique<relay_stream>(home_, link_.core(), id, message));
  relay.begin(first);
  return relay.peer_side();
}

void peer_guest::on_control(lane::frame_type type, bytes_view) {
  if (type == lane::frame_type::goaway)
    leaving_ = true;
  else
    link_.reject(fail(errc::protocol_violation, "an edge does not send this frame to an edge"));
}

void peer_guest::say_goodbye(errc why) {
  if (std::exchange(leaving_, true))
    return;
  byte_queue payload;
  append_to(payload, lane::goaway{.code = why});
  link_.send_control(lane::frame_type::goaway, payload);
}

void peer_guest::on_tick(time_point now) {
  if (ended_)
    return;
  link_.on_tick(now);
  if (!credentials_->still_holds(who_, std::chrono::system_clock::now()))
    say_goodbye(errc::certificate_refused);
  if (leaving_ && link_.core().streams() == 0)
    on_shutdown();
}

void peer_guest::on_drain() { say_goodbye(errc::draining); }

void peer_guest::on_shutdown() {
  link_.close_gently();
  end();
}

void peer_guest::on_lane_closed(const failure&) { end(); }

void peer_guest::end() {
  if (std::exchange(ended_, true))
    return;
  --home_.counters().peers.lanes_in;
  home_.retire(*this);
}

} // namespace serverme::edge

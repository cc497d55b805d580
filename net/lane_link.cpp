#include "net/lane_link.hpp"

#include <cmath>
#include <utility>

namespace serverme::net {

namespace {

// While the socket has this much to send, frames stay in the core, where streams take turns.
constexpr std::size_t socket_queue_bytes = 256 * 1024;
// One encryption and one write of this much at most, so that a turn stays short.
constexpr std::size_t fill_bytes = 256 * 1024;
constexpr milliseconds linger{3000};

} // namespace

lane_link::lane_link(std::unique_ptr<channel> connection, lane::side which,
                     lane::core_limits limits, heartbeat_limits liveness,
                     lane::window_budget& budget, lane_user& user)
  : channel_{std::move(connection)},
    user_{user},
    core_{which, limits, *this, budget},
    heartbeat_{liveness, channel_->loop().now()},
    heard_{channel_->loop().now()},
    flush_task_{channel_->loop(), [this] { flush(); }} {}

lane_link::~lane_link() = default;

void lane_link::start() { channel_->start(*this); }

void lane_link::send_control(lane::frame_type type, const byte_queue& payload) {
  if (dead_)
    return;
  if (auto outcome = core_.send_control(type, payload.view()); !outcome)
    fail_now(outcome.error());
}

void lane_link::close_gently() {
  if (std::exchange(dead_, true))
    return;
  auto& frames = channel_->loop().buffers().frames;
  frames.clear();
  core_.fill(frames, fill_bytes);
  channel_->write(frames.view());
  frames.clear();
  core_.abandon(errc::draining);
  channel_->close_gently(linger);
}

void lane_link::reject(failure why) {
  if (!dead_)
    say_goodbye(why);
  rejected_ = true;
  fail_now(std::move(why));
}

// Past the core, which may be in the middle of a call: only whole frames have left it.
void lane_link::say_goodbye(const failure& why) {
  auto is_heard = !channel_->is_tls() || channel_->tls().is_secured();
  if (!is_heard || channel_->unsent() > 0)
    return;
  byte_queue payload, frame;
  append_to(payload, lane::goaway{.code = why.code, .detail = why.detail});
  lane::append_header(frame, {.type = lane::frame_type::goaway,
                              .length = static_cast<std::uint16_t>(payload.size())});
  frame.append(payload.view());
  channel_->write(frame.view());
}

void lane_link::fail_now(failure why) {
  if (std::exchange(dead_, true))
    return;
  // Not from within: the caller may be in the middle of a call of ours.
  closing_ = std::make_shared<bool>(true);
  channel_->loop().post([this, why = std::move(why), alive = std::weak_ptr{closing_}] {
    if (!alive.expired())
      die(why);
  });
}

void lane_link::set_liveness(heartbeat_limits liveness) noexcept {
  heartbeat_ = heartbeat{liveness, channel_->loop().now()};
}

void lane_link::on_tick(time_point now) {
  if (dead_)
    return;
  switch (heartbeat_.on_timer(now)) {
    case heartbeat::verdict::keep_waiting: return;
    case heartbeat::verdict::send_ping: core_.ping(now); return;
    case heartbeat::verdict::peer_is_dead: fail_now(fail(errc::peer_silent)); return;
  }
}

void lane_link::on_wake(milliseconds grace) { heartbeat_.on_wake(channel_->loop().now(), grace); }

void lane_link::doubt(milliseconds grace) {
  if (dead_)
    return;
  on_wake(grace);
  core_.ping(channel_->loop().now());
}

double lane_link::recent_bytes(time_point now) const noexcept {
  auto age = std::chrono::duration<double>(now - recent_at_).count();
  return age > 10 ? 0 : recent_ * std::exp2(-age / 0.5);
}

time_point lane_link::heard_at() const noexcept { return heard_; }

void lane_link::note_bytes(std::size_t count) {
  auto now = channel_->loop().now();
  recent_ = recent_bytes(now) + static_cast<double>(count);
  recent_at_ = now;
}

void lane_link::on_secured() {
  if (dead_)
    return;
  user_.on_lane_ready();
  flush_task_.request();
}

void lane_link::on_bytes(bytes_view bytes) {
  if (dead_)
    return;
  auto now = channel_->loop().now();
  heard_ = now;
  heartbeat_.on_bytes(now);
  note_bytes(bytes.size());
  if (auto outcome = core_.on_bytes(bytes, now); !outcome)
    reject(outcome.error());
}

void lane_link::on_end() { die(fail(errc::stream_reset, "the peer closed the connection")); }

void lane_link::on_sent() {
  if (!dead_ && core_.has_output())
    flush_task_.request();
}

void lane_link::on_closed(const failure& why) { die(why); }

lane::stream_handler* lane_link::on_open(lane::stream_id id, const lane::open& message,
                                         bytes_view first) {
  return user_.on_stream(id, message, first);
}

void lane_link::on_control(lane::frame_type type, bytes_view payload) {
  user_.on_control(type, payload);
}

void lane_link::on_pong(microseconds round_trip) { user_.on_round_trip(round_trip); }

void lane_link::on_output() { flush_task_.request(); }

void lane_link::flush() {
  if (dead_ || (channel_->is_tls() && !channel_->tls().is_secured()))
    return;
  while (core_.has_output() && channel_->unsent() < socket_queue_bytes) {
    auto& frames = channel_->loop().buffers().frames;
    frames.clear();
    core_.fill(frames, fill_bytes);
    if (frames.empty() || dead_)
      break;
    note_bytes(frames.size());
    heartbeat_.on_sent(recent_at_);
    channel_->write(frames.view());
    frames.clear();
  }
}

void lane_link::die(const failure& why) {
  if (std::exchange(told_, true))
    return;
  dead_ = true;
  // At once, a reset for what still comes could overtake our goodbye.
  if (rejected_)
    channel_->close_gently(linger);
  else
    channel_->close();
  core_.abandon(errc::agent_lost);
  user_.on_lane_closed(why);
}

} // namespace serverme::net

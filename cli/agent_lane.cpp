#include "cli/agent_lane.hpp"

#include <algorithm>
#include <utility>

namespace serverme::cli {

namespace {

// TLS and WELCOME; the dialer has its own time.
constexpr milliseconds greeting_timeout{10'000};
// After a sleep the edge may need a round trip over a network that just came back.
constexpr milliseconds wake_grace{3'000};
constexpr std::size_t lane_window_bytes = 64UL * 1024 * 1024;
// Silence is noticed within 10 s, with the second that ticks may be late.
constexpr milliseconds ping_after_max{5'000};
constexpr milliseconds ping_after_min{500};
constexpr milliseconds answer_time{4'000};

heartbeat_limits liveness_of(const lane::welcome& welcome) {
  auto asked = welcome.ping_after.count() == 0 ? ping_after_max : welcome.ping_after;
  auto ping_after = std::clamp(asked, ping_after_min, ping_after_max);
  return {.ping_after = ping_after, .dead_after = ping_after + answer_time};
}

} // namespace

agent_lane::agent_lane(net::event_loop& loop, lane_setup setup, lane::window_budget& budget,
                       lane_owner& owner)
  : loop_{loop}, setup_{std::move(setup)}, owner_{owner}, budget_{lane_window_bytes, &budget} {}

agent_lane::~agent_lane() = default;

void agent_lane::start() {
  dialer_ = std::make_unique<net::dialer>(
    loop_, net::dial_target{.host = setup_.server.host, .port = setup_.server.port},
    net::dial_options{},
    [this](result<net::stream_socket> outcome) { on_dialed(std::move(outcome)); });
}

void agent_lane::on_dialed(result<net::stream_socket> outcome) {
  if (!outcome)
    return end(outcome.error());
  auto connection = std::make_unique<net::channel>(loop_, std::move(*outcome));
  connection->secure(net::tls_session::connect(setup_.tls, setup_.name).with_own_records());
  stage_ = stage::greeting;
  greeted_by_ = loop_.now() + greeting_timeout;
  net::lane_user& user = *this;
  link_ = std::make_unique<net::lane_link>(std::move(connection), lane::side::agent,
                                           lane::core_limits{}, heartbeat_limits{}, budget_, user);
  link_->start();
}

void agent_lane::on_lane_ready() {
  // Whoever answers without our protocol gets no key.
  if (link_->connection().tls().alpn() != alpn_lane)
    return link_->fail_now(fail(errc::protocol_violation, "the server speaks no serverme/1"));
  byte_queue payload;
  append_to(payload, setup_.greeting);
  link_->send_control(lane::frame_type::hello, payload);
}

lane::stream_handler* agent_lane::on_stream(lane::stream_id id, const lane::open& message,
                                            bytes_view first) {
  if (!carries_streams() || link_->is_dead())
    return nullptr;
  return owner_.on_lane_stream(*this, id, message, first);
}

void agent_lane::on_control(lane::frame_type type, bytes_view payload) {
  // What came behind the frame that ended the lane counts for nothing.
  if (link_->is_dead())
    return;
  if (auto outcome = take_control(type, payload); !outcome)
    link_->reject(outcome.error());
}

result<done> agent_lane::take_control(lane::frame_type type, bytes_view payload) {
  auto answers_hello = type == lane::frame_type::hello || type == lane::frame_type::goaway;
  if (stage_ == stage::greeting && !answers_hello)
    return fail(errc::protocol_violation, "the answer to HELLO does not come first");
  switch (type) {
    case lane::frame_type::hello: return take_welcome(payload);
    case lane::frame_type::goaway: return take_goaway(payload);
    case lane::frame_type::bound: {
      auto answer = lane::parse_bound(payload);
      if (!answer)
        return fail(answer.error());
      return owner_.on_lane_bound(*this, *answer);
    }
    case lane::frame_type::unbind: {
      auto what = lane::parse_unbind(payload);
      if (!what)
        return fail(what.error());
      owner_.on_lane_unbound(*this, *what);
      return done{};
    }
    case lane::frame_type::edges: {
      auto news = lane::parse_edges(payload);
      if (!news)
        return fail(news.error());
      owner_.on_lane_edges(*this, *news);
      return done{};
    }
    default: return fail(errc::protocol_violation, "an edge does not send this frame");
  }
}

result<done> agent_lane::take_welcome(bytes_view payload) {
  if (stage_ != stage::greeting)
    return fail(errc::protocol_violation, "a second WELCOME");
  auto welcome = lane::parse_welcome(payload);
  if (!welcome)
    return fail(welcome.error());
  if (welcome->version < lane::version_min || welcome->version > lane::version_max)
    return fail(errc::version_unsupported, "version " + std::to_string(welcome->version));
  stage_ = stage::up;
  was_up_ = true;
  link_->set_liveness(liveness_of(*welcome));
  link_->core().set_peer_window(welcome->window);
  link_->core().ping(loop_.now()); // the first round trip, for people and for windows
  owner_.on_lane_up(*this, *welcome);
  return done{};
}

result<done> agent_lane::take_goaway(bytes_view payload) {
  auto why = lane::parse_goaway(payload);
  if (!why)
    return fail(why.error());
  told_ = fail(why->code, why->detail);
  if (carries_streams() && !is_permanent(why->code))
    stage_ = stage::leaving;
  else
    link_->fail_now(*told_);
  owner_.on_lane_goaway(*this, *why);
  return done{};
}

void agent_lane::on_round_trip(microseconds round_trip) {
  owner_.on_lane_round_trip(*this, round_trip);
}

void agent_lane::on_lane_closed(const failure& why) { end(told_.value_or(why)); }

std::size_t agent_lane::streams() noexcept { return link_ ? link_->core().streams() : 0; }

double agent_lane::recent_bytes(time_point now) const noexcept {
  return link_ ? link_->recent_bytes(now) : 0;
}

void agent_lane::send_control(lane::frame_type type, const byte_queue& payload) {
  if (carries_streams())
    link_->send_control(type, payload);
}

void agent_lane::say_goodbye(errc why) {
  if (!carries_streams())
    return;
  byte_queue payload;
  append_to(payload, lane::goaway{.code = why});
  link_->send_control(lane::frame_type::goaway, payload);
  stage_ = stage::leaving;
}

void agent_lane::close_gently() {
  dialer_.reset();
  if (carries_streams())
    link_->close_gently();
  stage_ = stage::over;
}

void agent_lane::on_tick(time_point now) {
  if (carries_streams())
    link_->on_tick(now);
  else if (stage_ == stage::greeting && now >= greeted_by_)
    link_->fail_now(fail(errc::server_unreachable, "no welcome in time"));
}

void agent_lane::on_wake() {
  if (carries_streams())
    link_->doubt(wake_grace);
}

void agent_lane::end(const failure& why) {
  if (std::exchange(stage_, stage::over) != stage::over)
    owner_.on_lane_over(*this, why);
}

} // namespace serverme::cli

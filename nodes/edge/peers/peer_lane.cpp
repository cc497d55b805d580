#include "nodes/edge/peers/peer_lane.hpp"

#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/peers/peer_limits.hpp"
#include "nodes/edge/peers/peer_path.hpp"
#include "protocol/lane/edge_greeting.hpp"

#include <utility>

namespace serverme::edge {

namespace {

// When the others of the cluster take it for dead, it has this long to prove the opposite.
constexpr milliseconds doubt_time{2'000};

} // namespace

peer_lane::peer_lane(edge_loop& home, peer_path& path)
  : home_{home},
    path_{&path},
    credentials_{home.credentials()},
    greeted_by_{home.now() + home.limits().greeting_timeout},
    budget_{home.limits().loop_window_bytes} {}

peer_lane::~peer_lane() = default;

void peer_lane::start() {
  const auto& where = path_->where();
  dialer_ = std::make_unique<net::dialer>(
    home_.loop(), net::dial_target{.host = where.host, .port = where.port},
    net::dial_options{.timeout = home_.limits().greeting_timeout},
    [this](result<net::stream_socket> outcome) { on_dialed(std::move(outcome)); });
}

void peer_lane::on_dialed(result<net::stream_socket> outcome) {
  if (!outcome)
    return end(outcome.error());
  auto connection = std::make_unique<net::channel>(home_.loop(), *std::move(outcome));
  connection->secure(net::dial_node(credentials_->tls()));
  stage_ = stage::greeting;
  net::lane_user& user = *this;
  link_ = std::make_unique<net::lane_link>(std::move(connection), lane::side::edge,
                                           core_limits_between_edges(home_.limits()),
                                           liveness_of_dialer, budget_, user);
  link_->start();
}

// Who it is must be known before anything of a visitor goes there.
void peer_lane::on_lane_ready() {
  if (path_ == nullptr)
    return link_->fail_now(fail(errc::draining));
  auto who = credentials_->examine(link_->connection().tls());
  if (!who)
    return link_->fail_now(who.error());
  if (who->identity.node != path_->node())
    return link_->fail_now(fail(errc::certificate_refused,
                                "another edge answers: node " + to_string(who->identity.node)));
  there_ = *std::move(who);
  byte_queue payload;
  append_to(payload, lane::edge_hello{.loop = path_->loop(),
                                      .node = home_.config().node_name,
                                      .window = lane::core_limits{}.window_initial});
  link_->send_control(lane::frame_type::hello, payload);
}

lane::stream_handler* peer_lane::on_stream(lane::stream_id, const lane::open&, bytes_view) {
  return nullptr; // who was dialed opens no streams
}

void peer_lane::on_control(lane::frame_type type, bytes_view payload) {
  if (link_->is_dead())
    return;
  if (auto outcome = take_control(type, payload); !outcome)
    link_->reject(outcome.error());
}

result<done> peer_lane::take_control(lane::frame_type type, bytes_view payload) {
  switch (type) {
    case lane::frame_type::hello: return take_welcome(payload);
    case lane::frame_type::goaway: {
      auto why = lane::parse_goaway(payload);
      if (!why)
        return fail(why.error());
      if (stage_ == stage::greeting)
        link_->fail_now(fail(why->code, why->detail));
      else
        leave();
      return done{};
    }
    default: return fail(errc::protocol_violation, "an edge does not send this frame to an edge");
  }
}

result<done> peer_lane::take_welcome(bytes_view payload) {
  if (stage_ != stage::greeting)
    return fail(errc::protocol_violation, "a second WELCOME");
  auto welcome = lane::parse_edge_welcome(payload);
  if (!welcome)
    return fail(welcome.error());
  if (welcome->version != 1)
    return fail(errc::version_unsupported, "version " + std::to_string(welcome->version));
  if (path_ == nullptr)
    return fail(errc::draining, "there is no use for it any more");
  stage_ = stage::up;
  up_since_ = home_.now();
  ++home_.counters().peers.lanes_out;
  link_->core().set_peer_window(welcome->window);
  link_->core().ping(up_since_); // the first round trip, for windows
  path_->lane_up(*this, welcome->loops);
  return done{};
}

bool peer_lane::takes_streams() const noexcept { return stage_ == stage::up && !link_->is_dead(); }

std::size_t peer_lane::streams() const noexcept { return link_ ? link_->core().streams() : 0; }

double peer_lane::recent_bytes(time_point now) const noexcept {
  return link_ ? link_->recent_bytes(now) : 0;
}

void peer_lane::leave() {
  if (stage_ != stage::up)
    return;
  stage_ = stage::leaving;
  if (path_ != nullptr)
    path_->lane_leaves(*this);
}

void peer_lane::let_go() {
  path_ = nullptr;
  if (stage_ == stage::up)
    stage_ = stage::leaving;
  if (stage_ == stage::leaving)
    link_->doubt(doubt_time);
}

void peer_lane::on_tick(time_point now) {
  if (stage_ == stage::over)
    return;
  auto is_early = stage_ == stage::dialing || stage_ == stage::greeting;
  if (is_early && (path_ == nullptr || now >= greeted_by_))
    return end(fail(errc::greeting_timeout, "no answer to HELLO in time"));
  if (is_early)
    return;
  link_->on_tick(now);
  // A certificate that ended, or was taken back: whoever has a good one is dialed anew.
  auto is_good = credentials_->still_holds(there_, std::chrono::system_clock::now());
  if (!is_good || link_->core().is_used_up())
    leave();
  if (stage_ == stage::leaving && link_->core().streams() == 0)
    on_shutdown();
}

void peer_lane::on_shutdown() {
  if (link_)
    link_->close_gently();
  end(fail(errc::draining));
}

void peer_lane::on_lane_closed(const failure& why) { end(why); }

void peer_lane::end(const failure& why) {
  auto before = std::exchange(stage_, stage::over);
  if (before == stage::over)
    return;
  auto was_up = before == stage::up || before == stage::leaving;
  if (was_up)
    --home_.counters().peers.lanes_out;
  dialer_.reset();
  if (link_ && !link_->is_dead())
    link_->close_gently(); // it was late, and carries nothing
  auto lifetime = std::chrono::duration_cast<milliseconds>(home_.now() - up_since_);
  if (path_ != nullptr)
    path_->lane_gone(*this, was_up ? lifetime + milliseconds{1} : milliseconds{0}, why);
  home_.retire(*this);
}

} // namespace serverme::edge

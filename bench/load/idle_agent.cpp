#include "bench/load/idle_agent.hpp"

#include <utility>

namespace serverme::load {

namespace {

constexpr const char* alpn_lane = "serverme/1";
// TLS, WELCOME and BOUND; the dialer has its own time.
constexpr milliseconds greeting_timeout{10'000};
// Nobody sends anything here.
constexpr std::size_t window_bytes = 1024UL * 1024;

} // namespace

idle_agent::idle_agent(net::event_loop& loop, const agent_setup& setup, std::size_t number,
                       std::string api_key, agent_owner& owner)
  : loop_{loop},
    setup_{setup},
    owner_{owner},
    number_{number},
    api_key_{std::move(api_key)},
    budget_{window_bytes} {}

void idle_agent::connect() {
  stage_ = stage::dialing;
  told_.reset();
  dialer_ = std::make_unique<net::dialer>(
    loop_, net::dial_target{.host = setup_.server.host, .port = setup_.server.port},
    net::dial_options{},
    [this](result<net::stream_socket> outcome) { on_dialed(std::move(outcome)); });
}

void idle_agent::on_dialed(result<net::stream_socket> outcome) {
  auto used = std::move(dialer_);
  if (!outcome)
    return be_down(outcome.error());
  auto connection = std::make_unique<net::channel>(loop_, std::move(*outcome));
  connection->secure(net::tls_session::connect(setup_.tls, setup_.server.host));
  stage_ = stage::greeting;
  greeted_by_ = loop_.now() + greeting_timeout;
  net::lane_user& user = *this;
  link_ = std::make_unique<net::lane_link>(std::move(connection), lane::side::agent,
                                           lane::core_limits{}, heartbeat_limits{}, budget_, user);
  link_->start();
}

void idle_agent::on_lane_ready() {
  if (link_->connection().tls().alpn() != alpn_lane)
    return link_->fail_now(fail(errc::protocol_violation, "the server speaks no serverme/1"));
  byte_queue payload;
  append_to(payload, lane::hello{.api_key = api_key_,
                                 .session = session_,
                                 .resume_token = resume_token_,
                                 .agent = "serverme_load",
                                 .window = lane::core_limits{}.window_initial});
  link_->send_control(lane::frame_type::hello, payload);
}

lane::stream_handler* idle_agent::on_stream(lane::stream_id, const lane::open&, bytes_view) {
  return nullptr; // visitors are told that it is busy
}

void idle_agent::on_control(lane::frame_type type, bytes_view payload) {
  // What came behind the frame that ended the lane counts for nothing.
  if (link_->is_dead())
    return;
  if (auto outcome = take_control(type, payload); !outcome)
    link_->reject(outcome.error());
}

result<done> idle_agent::take_control(lane::frame_type type, bytes_view payload) {
  switch (type) {
    case lane::frame_type::hello: return take_welcome(payload);
    case lane::frame_type::bound: return take_bound(payload);
    case lane::frame_type::unbind:
      return fail(errc::closed_by_owner, "the edge took a tunnel away");
    case lane::frame_type::goaway: {
      auto why = lane::parse_goaway(payload);
      if (!why)
        return fail(why.error());
      told_ = fail(why->code, why->detail);
      link_->fail_now(*told_);
      return done{};
    }
    default: return fail(errc::protocol_violation, "an edge does not send this frame");
  }
}

result<done> idle_agent::take_welcome(bytes_view payload) {
  if (stage_ != stage::greeting)
    return fail(errc::protocol_violation, "a second WELCOME");
  auto welcome = lane::parse_welcome(payload);
  if (!welcome)
    return fail(welcome.error());
  // One that was resumed keeps the token that it has; another one's is no good for it.
  if (session_ != welcome->session || !welcome->resume_token.empty())
    resume_token_ = welcome->resume_token;
  session_ = welcome->session;
  // As real agents have it: silence of the edge asks for a ping, and counts as death 5 s later.
  if (auto asked = welcome->ping_after; asked.count() > 0)
    link_->set_liveness({.ping_after = asked, .dead_after = asked + milliseconds{5'000}});
  link_->core().set_peer_window(welcome->window);
  link_->core().ping(loop_.now());
  if (!setup_.wanted) {
    be_up();
    return done{};
  }
  stage_ = stage::binding;
  lane::bind wish{.request = 1, .endpoint = *setup_.wanted};
  if (!name_.empty())
    wish.endpoint.name = name_;
  byte_queue asked;
  append_to(asked, wish);
  link_->send_control(lane::frame_type::bind, asked);
  return done{};
}

result<done> idle_agent::take_bound(bytes_view payload) {
  if (stage_ != stage::binding)
    return fail(errc::protocol_violation, "BOUND without a question");
  auto bound = lane::parse_bound(payload);
  if (!bound)
    return fail(bound.error());
  if (bound->error)
    return fail(*bound->error);
  name_ = bound->name;
  be_up();
  return done{};
}

void idle_agent::be_up() {
  stage_ = stage::up;
  greeted_by_ = time_point::max();
  owner_.on_agent_up(*this);
}

// A copy: what we are given may live in the lane, which goes now.
void idle_agent::on_lane_closed(const failure& why) { be_down(told_.value_or(why)); }

void idle_agent::be_down(const failure& why) {
  auto was_up = std::exchange(stage_, stage::down) == stage::up;
  greeted_by_ = time_point::max();
  link_.reset();
  owner_.on_agent_down(*this, why, was_up);
}

void idle_agent::drop() {
  if (!is_up())
    return;
  link_->connection().abort();
  be_down(fail(errc::agent_lost, "dropped"));
}

void idle_agent::on_tick(time_point now) {
  if (!link_)
    return;
  if (now >= greeted_by_)
    link_->fail_now(fail(errc::server_unreachable, "no welcome in time"));
  else if (is_up())
    link_->on_tick(now);
}

} // namespace serverme::load

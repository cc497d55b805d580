#include "cli/edge_session.hpp"

#include <time.h>

#include <algorithm>
#include <utility>

namespace serverme::cli {

namespace {

// Silence counts as death after 9 s, noticed by a tick: half a second keeps that below 10.
constexpr milliseconds tick_period{500};
// The edge ends a lane once its streams have ended, looking about once a second.
constexpr milliseconds goodbye_time{1'500};
constexpr milliseconds hurry_min{3'000};
constexpr std::size_t window_bytes = 256UL * 1024 * 1024;

// Two lanes take the stall of a lost packet, or of one core's TLS, off half of the streams; more
// gained nothing (measured).
constexpr std::size_t lanes_useful = 2;
constexpr std::size_t streams_busy = 4;
constexpr double bytes_busy = 4e6; // within about half a second
constexpr int ticks_busy = 2;
constexpr milliseconds quiet_time{30'000};
constexpr milliseconds lane_refused_pause{60'000};
constexpr std::size_t preferred_max = 3;

// Counts while the machine sleeps, which steady_clock does not.
milliseconds time_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return milliseconds{now.tv_sec * 1000 + now.tv_nsec / 1'000'000};
}

} // namespace

edge_session::edge_session(net::event_loop& loop, session_config config, session_user& user)
  : loop_{loop},
    config_{std::move(config)},
    user_{user},
    budget_{window_bytes},
    backoff_{config_.backoff},
    random_{std::random_device{}()},
    wake_{loop.now(), time_since_boot()},
    self_{std::make_shared<edge_session*>(this)} {}

edge_session::~edge_session() = default;

void edge_session::start() {
  auto context = net::make_client_context(
    {.ca_file = config_.ca_file, .alpn = {alpn_lane}, .only_tls_1_3 = true});
  if (!context)
    return end(context.error());
  tls_ = std::move(*context);
  ticker_.emplace(loop_, tick_period, [this](time_point now) { tick(now); });
  routes_.emplace(loop_, [this] { on_network_changed(); });
  connect();
}

// --- connecting ---------------------------------------------------------------------------

lane::hello edge_session::greeting() const {
  return {.session = id_,
          .resume_token = resume_token_,
          .agent = std::string{"serverme/"} + SERVERME_VERSION + " linux",
          .window = lane::core_limits{}.window_initial};
}

// The certificate is checked against its name as any other's.
void edge_session::prefer(const std::vector<std::string>& edges) {
  preferred_.clear();
  for (const auto& each : edges) {
    auto where = net::parse_address(each);
    if (where && !where->host.empty() && where->port != 0 && preferred_.size() < preferred_max)
      preferred_.push_back(std::move(*where));
  }
}

void edge_session::connect() {
  was_sent_ = !preferred_.empty();
  server_ = was_sent_ ? preferred_.front() : config_.server;
  if (was_sent_)
    preferred_.erase(preferred_.begin());
  ++pauses_;
  stage_ = stage::connecting;
  tried_at_ = loop_.now();
  retry_after_ = milliseconds{0};
  user_.on_connecting();
  auto hello = greeting();
  hello.api_key = config_.api_key;
  open_lane(std::move(hello));
}

void edge_session::open_lane(lane::hello greeting) {
  lane_owner& owner = *this;
  lane_setup setup{server_, tls_, std::move(greeting)};
  lanes_.push_back(std::make_unique<agent_lane>(loop_, std::move(setup), budget_, owner));
  lanes_.back()->start();
}

void edge_session::on_lane_up(agent_lane& lane, const lane::welcome& welcome) {
  if (stage_ == stage::leaving)
    return lane.say_goodbye(errc::closed_by_owner);
  if (stage_ == stage::up) {
    if (id_ != welcome.session) // a lane of another session carries nothing of ours
      lane.say_goodbye(errc::closed_by_owner);
    return;
  }
  auto is_same = id_ == welcome.session;
  id_ = welcome.session;
  // One that was resumed keeps the token that we have; another one's is no good for it.
  if (!is_same || !welcome.resume_token.empty())
    resume_token_ = welcome.resume_token;
  lanes_max_ = welcome.lanes_max;
  preferred_.clear();
  stage_ = stage::up;
  up_since_ = quiet_since_ = loop_.now();
  busy_ticks_ = 0;
  user_.on_connected(welcome.node, is_same && welcome.resumed);
}

// --- losing and coming back ---------------------------------------------------------------

void edge_session::on_lane_goaway(agent_lane& lane, const lane::goaway& why) {
  retry_after_ = std::max(retry_after_, why.retry_after);
  if (!why.prefer.empty())
    prefer(why.prefer);
  if (why.code == errc::resume_refused) {
    id_.reset();
    resume_token_.clear();
  }
  // The edge has had enough of this connection, not of us: the next one takes over before it ends.
  // An edge that drains refuses it, and its goodbye counts.
  if (stage_ == stage::up && lane.carries_streams() && !has_lanes_for_new_streams())
    open_another_lane();
}

// Or will have: one that is on its way is not asked for twice.
bool edge_session::has_lanes_for_new_streams() const noexcept {
  return std::ranges::any_of(
    lanes_, [](const auto& lane) { return lane->is_up() || !lane->carries_streams(); });
}

bool edge_session::has_lanes() const noexcept {
  return std::ranges::any_of(lanes_, [](const auto& lane) { return lane->carries_streams(); });
}

void edge_session::on_lane_over(agent_lane& lane, const failure& why) {
  auto found = std::ranges::find(lanes_, &lane, &std::unique_ptr<agent_lane>::get);
  if (found == lanes_.end())
    return;
  auto gone = std::move(*found);
  lanes_.erase(found);
  switch (stage_) {
    case stage::idle:
    case stage::pausing:
    case stage::over: return;
    case stage::leaving:
      if (!has_lanes())
        end(farewell_);
      return;
    case stage::connecting: return on_lost(why);
    case stage::up:
      // One more that was not let in, for whatever reason, takes nothing from those that are.
      if (!lane.was_up())
        no_lanes_before_ = loop_.now() + lane_refused_pause;
      if (!has_lanes() || (lane.was_up() && is_permanent(why.code)))
        on_lost(why);
      return;
  }
}

void edge_session::on_lost(const failure& why) {
  // What is wrong with an edge that we were sent to says nothing about ours.
  auto is_final = is_permanent(why.code) && (stage_ == stage::up || !was_sent_);
  if (stage_ == stage::up)
    backoff_.on_lost(std::chrono::duration_cast<milliseconds>(loop_.now() - up_since_));
  stage_ = stage::pausing;
  // Another one that is still being greeted would belong to nobody.
  auto rest = std::exchange(lanes_, {});
  for (auto& lane : rest)
    lane->close_gently();
  user_.on_disconnected(why);
  if (stage_ != stage::pausing)
    return;
  if (is_final)
    return end(why);
  auto random = std::uniform_real_distribution<double>{0, 1}(random_);
  pause(std::max(backoff_.on_failure(random), retry_after_));
}

void edge_session::pause(milliseconds length) {
  user_.on_reconnecting(length);
  if (stage_ != stage::pausing)
    return;
  loop_.after(length, [weak = std::weak_ptr{self_}, number = ++pauses_] {
    auto self = weak.lock();
    if (self && (*self)->stage_ == stage::pausing && (*self)->pauses_ == number)
      (*self)->connect();
  });
}

// A network came back: the rest of the pause would be waited for in vain. Machines whose networks
// come and go all the time are no reason to hurry.
void edge_session::on_network_changed() {
  if (stage_ == stage::pausing && loop_.now() - tried_at_ >= std::max(hurry_min, retry_after_))
    connect();
}

void edge_session::tick(time_point now) {
  auto slept = wake_.on_tick(now, time_since_boot());
  // By number: a lane that ends is taken out of the list.
  for (std::size_t i = lanes_.size(); i-- > 0;) {
    if (slept)
      lanes_[i]->on_wake();
    else
      lanes_[i]->on_tick(now);
  }
  if (slept && stage_ == stage::pausing)
    connect();
  if (stage_ == stage::up)
    balance_lanes(now);
  if (stage_ != stage::over)
    user_.on_tick(now);
}

// --- lanes --------------------------------------------------------------------------------

void edge_session::balance_lanes(time_point now) {
  std::size_t streams = 0;
  double bytes = 0;
  for (const auto& lane : lanes_) {
    streams += lane->streams();
    bytes += lane->recent_bytes(now);
  }
  auto is_busy = streams >= streams_busy || bytes >= bytes_busy;
  busy_ticks_ = is_busy ? busy_ticks_ + 1 : 0;
  if (is_busy)
    quiet_since_ = now;
  if (busy_ticks_ >= ticks_busy && lanes_.size() < std::min(lanes_max_, lanes_useful)
      && now >= no_lanes_before_)
    open_another_lane();
  if (lanes_.size() > 1 && now - quiet_since_ >= quiet_time)
    close_a_quiet_lane();
}

// With the token only: a key would open a session of its own if the token were no longer good.
void edge_session::open_another_lane() { open_lane(greeting()); }

// One that carries nothing: no stream is hurt.
void edge_session::close_a_quiet_lane() {
  if (std::ranges::count_if(lanes_, [](const auto& lane) { return lane->is_up(); }) < 2)
    return;
  auto quiet = std::ranges::find_if(
    lanes_, [](const auto& lane) { return lane->is_up() && lane->streams() == 0; });
  if (quiet != lanes_.end())
    (*quiet)->say_goodbye(errc::draining);
}

void edge_session::send_control(lane::frame_type type, const byte_queue& payload) {
  auto up = std::ranges::find_if(lanes_, [](const auto& lane) { return lane->is_up(); });
  if (up != lanes_.end())
    (*up)->send_control(type, payload);
}

lane::stream_handler* edge_session::on_lane_stream(agent_lane& lane, lane::stream_id id,
                                                   const lane::open& message, bytes_view first) {
  return user_.on_stream(lane.core(), id, message, first);
}

result<done> edge_session::on_lane_bound(const lane::bound& answer) {
  return user_.on_bound(answer);
}

void edge_session::on_lane_unbound(const lane::unbind& what) { user_.on_unbound(what); }

void edge_session::on_lane_round_trip(microseconds round_trip) { user_.on_round_trip(round_trip); }

// --- the end ------------------------------------------------------------------------------

void edge_session::leave(std::optional<failure> why) {
  if (stage_ == stage::over)
    return;
  auto is_second_time = stage_ == stage::leaving;
  if (!is_second_time)
    farewell_ = std::move(why);
  if (is_second_time || !has_lanes())
    return end(farewell_);
  stage_ = stage::leaving;
  for (auto& lane : lanes_)
    lane->say_goodbye(errc::closed_by_owner);
  loop_.after(goodbye_time, [weak = std::weak_ptr{self_}] {
    if (auto self = weak.lock())
      (*self)->end((*self)->farewell_);
  });
}

// May be called from within a lane: the rest happens in a turn of its own.
void edge_session::end(std::optional<failure> why) {
  if (std::exchange(stage_, stage::over) == stage::over)
    return;
  loop_.post([weak = std::weak_ptr{self_}, why = std::move(why)] {
    auto self = weak.lock();
    if (!self)
      return;
    auto& s = **self;
    s.ticker_.reset();
    s.routes_.reset();
    auto rest = std::exchange(s.lanes_, {});
    for (auto& lane : rest)
      lane->close_gently();
    s.user_.on_over(why);
  });
}

} // namespace serverme::cli

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
// An edge that does not answer is left for the next one, when there is one, before dialing gives
// up.
constexpr milliseconds attempt_time{3'000};

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
    itinerary_{config_.server},
    companion_{loop, budget_, *this},
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

void edge_session::connect() {
  auto other = itinerary_.next();
  server_ = other.value_or(config_.server);
  is_last_of_round_ = !other;
  if (!other)
    retry_after_ = milliseconds{0};
  ++pauses_;
  stage_ = stage::connecting;
  tried_at_ = loop_.now();
  user_.on_connecting();
  auto hello = greeting();
  hello.api_key = config_.api_key;
  coming_ = dial(server_, std::move(hello));
}

// The certificate is checked against the configured name, whichever edge it is.
std::unique_ptr<agent_lane> edge_session::dial(const net::address& edge, lane::hello greeting) {
  lane_owner& owner = *this;
  lane_setup setup{edge, config_.server.host, tls_, std::move(greeting)};
  auto lane = std::make_unique<agent_lane>(loop_, std::move(setup), budget_, owner);
  lane->start();
  return lane;
}

void edge_session::on_lane_up(agent_lane& lane, const lane::welcome& welcome) {
  if (stage_ == stage::leaving)
    return lane.say_goodbye(errc::closed_by_owner);
  if (&lane != coming_.get())
    return on_another_lane_up(lane, welcome);
  if (stage_ == stage::connecting)
    return settle(welcome);
  if (stage_ != stage::up)
    return;
  if (welcome.session != id_ || !welcome.resumed) {
    lane.say_goodbye(errc::closed_by_owner);
    return; // the next one is tried when it has ended
  }
  for (auto& old : std::exchange(lanes_, {})) {
    old->say_goodbye(errc::draining);
    former_.push_back(std::move(old));
  }
  settle(welcome);
}

void edge_session::on_another_lane_up(agent_lane& lane, const lane::welcome& welcome) {
  if (id_ != welcome.session) // a lane of another session carries nothing of ours
    return lane.say_goodbye(errc::closed_by_owner);
  // Behind one address there may be several edges: what came to another one is no lane of the home.
  if (knows_companions_ && welcome.node != node_) {
    no_lanes_before_ = loop_.now() + lane_refused_pause;
    lane.say_goodbye(errc::draining);
  }
}

// The lane that was on its way is the first one of the session's home.
void edge_session::settle(const lane::welcome& welcome) {
  server_ = coming_->server();
  auto is_same = id_ == welcome.session;
  id_ = welcome.session;
  // One that was resumed keeps the token that we have; another one's is no good for it.
  if (!is_same || !welcome.resume_token.empty())
    resume_token_ = welcome.resume_token;
  lanes_.push_back(std::move(coming_));
  lanes_max_ = welcome.lanes_max;
  node_ = welcome.node;
  knows_companions_ = has(welcome.capabilities, lane::capability::companions);
  itinerary_.learn(welcome.edges);
  stage_ = stage::up;
  up_since_ = quiet_since_ = loop_.now();
  busy_ticks_ = 0;
  if (knows_companions_)
    companion_.begin({tls_, config_.server.host}, greeting(), server_, itinerary_.others());
  else
    companion_.close();
  user_.on_connected(welcome.node, is_same && welcome.resumed);
}

// --- moving, losing and coming back -------------------------------------------------------

void edge_session::on_lane_edges(agent_lane& lane, const lane::edges& news) {
  if (!is_of_home(lane) || !knows_companions_)
    return;
  itinerary_.learn(news.others);
  companion_.set_edges(itinerary_.others());
  if (news.please_move && stage_ == stage::up)
    move_away();
}

void edge_session::on_lane_goaway(agent_lane& lane, const lane::goaway& why) {
  auto is_coming = &lane == coming_.get();
  if (!is_coming && !is_of_home(lane))
    return;
  retry_after_ = std::max(retry_after_, why.retry_after);
  if (!why.prefer.empty())
    itinerary_.prefer(why.prefer);
  // Edges to which the session might only have moved, or where one more lane came by chance, need
  // not know it.
  auto is_about_session
    = is_coming ? stage_ == stage::connecting : lane.was_up() || !knows_companions_;
  if (why.code == errc::resume_refused && is_about_session) {
    id_.reset();
    resume_token_.clear();
  }
  if (stage_ != stage::up || is_coming || !lane.carries_streams())
    return;
  if (knows_companions_ && why.code == errc::draining && !why.prefer.empty())
    return move_away();
  // The edge has had enough of this connection, not of us: the next one takes over before it ends.
  // An edge that drains refuses it, and its goodbye counts.
  if (!has_lanes_for_new_streams())
    open_another_lane();
}

// Before the lanes here end: visitors notice nothing.
void edge_session::move_away() {
  if (coming_)
    return;
  itinerary_.begin(companion_.where(), server_, random_);
  companion_.hold();
  try_next_home();
}

// With the token only: where nobody knows the session there is no reason to go.
void edge_session::try_next_home() {
  while (auto edge = itinerary_.next()) {
    if (*edge == server_)
      continue;
    tried_at_ = loop_.now();
    coming_ = dial(*edge, greeting());
    return;
  }
  companion_.go_on(); // nobody takes us: what there is goes on
}

bool edge_session::is_of_home(const agent_lane& lane) const noexcept {
  return std::ranges::find(lanes_, &lane, &std::unique_ptr<agent_lane>::get) != lanes_.end();
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
  if (&lane == coming_.get()) {
    auto gone = std::move(coming_);
    if (stage_ == stage::connecting)
      on_lost(why);
    else if (stage_ == stage::up)
      try_next_home();
    else if (stage_ == stage::leaving && !has_lanes())
      end(farewell_);
    return;
  }
  for (auto* list : {&former_, &lanes_}) {
    auto found = std::ranges::find(*list, &lane, &std::unique_ptr<agent_lane>::get);
    if (found == list->end())
      continue;
    auto gone = std::move(*found);
    list->erase(found);
    if (list == &lanes_)
      on_home_over(lane, why);
    return;
  }
}

void edge_session::on_home_over(agent_lane& lane, const failure& why) {
  if (stage_ == stage::leaving && !has_lanes())
    return end(farewell_);
  if (stage_ != stage::up)
    return;
  // One more that was not let in, for whatever reason, takes nothing from those that are.
  if (!lane.was_up())
    no_lanes_before_ = loop_.now() + lane_refused_pause;
  if (!has_lanes() || (lane.was_up() && is_permanent(why.code)))
    on_lost(why);
}

void edge_session::on_lost(const failure& why) {
  auto was_up = stage_ == stage::up;
  // What is wrong with an edge that we were sent to says nothing about ours.
  auto is_final = is_permanent(why.code) && (was_up || server_ == config_.server);
  if (was_up)
    backoff_.on_lost(std::chrono::duration_cast<milliseconds>(loop_.now() - up_since_));
  companion_.hold();
  // Another one that is still being greeted would belong to nobody.
  for (auto& lane : std::exchange(lanes_, {}))
    lane->close_gently();
  if (was_up && coming_ && !is_final) { // on the way to another home already
    stage_ = stage::connecting;
    server_ = coming_->server();
    is_last_of_round_ = false;
    return user_.on_disconnected(why);
  }
  stage_ = stage::pausing;
  user_.on_disconnected(why);
  if (stage_ != stage::pausing)
    return;
  if (is_final)
    return end(why);
  if (was_up || is_last_of_round_)
    itinerary_.begin(companion_.where(), server_, random_);
  come_back();
}

// To another edge at once; to the configured server, where everybody comes, after a pause.
void edge_session::come_back() {
  if (itinerary_.has_next())
    return connect();
  auto random = std::uniform_real_distribution<double>{0, 1}(random_);
  pause(std::max(backoff_.on_failure(random), retry_after_));
}

void edge_session::give_up_attempt(time_point now) {
  if (!coming_ || !itinerary_.has_next() || now - tried_at_ < attempt_time)
    return;
  auto gone = std::move(coming_);
  gone->close_gently();
  if (stage_ == stage::up)
    try_next_home();
  else
    on_lost(fail(errc::server_unreachable, net::to_string(server_) + " does not answer"));
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
  // By number: a lane that ends is taken out of its list.
  for (auto* list : {&lanes_, &former_}) {
    for (std::size_t i = list->size(); i-- > 0;) {
      if (i >= list->size())
        continue;
      if (slept)
        (*list)[i]->on_wake();
      else
        (*list)[i]->on_tick(now);
    }
  }
  if (coming_)
    coming_->on_tick(now);
  if (slept)
    companion_.on_wake();
  else
    companion_.on_tick(now);
  if (stage_ == stage::up || stage_ == stage::connecting)
    give_up_attempt(now);
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

// With the token only: a key would open a session of its own if the token were no longer good. As a
// companion's: should it come to another edge, the session stays where it is.
void edge_session::open_another_lane() {
  auto hello = greeting();
  hello.companion = knows_companions_;
  lanes_.push_back(dial(server_, std::move(hello)));
}

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

lane::stream_handler* edge_session::on_companion_stream(agent_lane& lane, lane::stream_id id,
                                                        const lane::open& message,
                                                        bytes_view first) {
  return user_.on_stream(lane.core(), id, message, first);
}

void edge_session::on_companion_changed(const std::string& node) {
  if (stage_ != stage::leaving && stage_ != stage::over)
    user_.on_companion_changed(node);
}

// What a former home still says of endpoints is older than what the home says.
result<done> edge_session::on_lane_bound(agent_lane& lane, const lane::bound& answer) {
  return is_of_home(lane) ? user_.on_bound(answer) : done{};
}

void edge_session::on_lane_unbound(agent_lane& lane, const lane::unbind& what) {
  if (is_of_home(lane))
    user_.on_unbound(what);
}

void edge_session::on_lane_round_trip(agent_lane& lane, microseconds round_trip) {
  if (is_of_home(lane))
    user_.on_round_trip(round_trip);
}

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
  coming_.reset();
  for (auto& lane : lanes_)
    lane->say_goodbye(errc::closed_by_owner);
  companion_.say_goodbye();
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
    for (auto* list : {&s.lanes_, &s.former_})
      for (auto& lane : std::exchange(*list, {}))
        lane->close_gently();
    if (auto attempt = std::exchange(s.coming_, nullptr))
      attempt->close_gently();
    s.companion_.close();
    s.user_.on_over(why);
  });
}

} // namespace serverme::cli

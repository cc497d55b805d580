#include "cli/companion.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace serverme::cli {

namespace {

constexpr std::size_t choices = 2;
// The home's news of a session need a moment to reach the others; and a thousand agents whose edge
// tells them of a new one shall not all be there at once.
constexpr milliseconds first_pause{1'000};
constexpr milliseconds short_pause{500};
constexpr backoff_limits pauses{.first = milliseconds{1'000}, .ceiling = milliseconds{30'000}};

/// nullptr when it is none of these.
std::unique_ptr<agent_lane> take(std::vector<std::unique_ptr<agent_lane>>& from,
                                 const agent_lane& lane) {
  auto found = std::ranges::find(from, &lane, &std::unique_ptr<agent_lane>::get);
  if (found == from.end())
    return nullptr;
  auto taken = std::move(*found);
  from.erase(found);
  return taken;
}

} // namespace

companion::companion(net::event_loop& loop, lane::window_budget& budget, companion_user& user)
  : loop_{loop}, budget_{budget}, user_{user}, random_{std::random_device{}()}, backoff_{pauses} {}

companion::~companion() = default;

void companion::begin(const lane_terms& terms, lane::hello greeting, const net::address& home,
                      std::vector<net::address> edges) {
  terms_ = terms;
  auto is_same = greeting_.session == greeting.session;
  greeting_ = std::move(greeting);
  greeting_.companion = true;
  home_ = home;
  edges_ = std::move(edges);
  is_held_ = false;
  if (lane_ && (!is_same || lane_->server() == home_))
    let_go();
  if (!lane_ && asked_.empty())
    look_later(first_pause);
}

void companion::set_edges(std::vector<net::address> edges) {
  if (edges == edges_)
    return;
  edges_ = std::move(edges);
  if (!lane_ && asked_.empty())
    look_later(first_pause);
}

void companion::look_later(milliseconds pause) {
  auto wait = std::chrono::duration<double, std::milli>{pause} * chance();
  due_ = loop_.now() + std::chrono::duration_cast<milliseconds>(wait);
}

std::optional<net::address> companion::where() const {
  if (!lane_ || !lane_->is_up())
    return std::nullopt;
  return lane_->server();
}

void companion::choose() {
  due_ = time_point::max();
  auto others = edges_;
  std::erase(others, home_);
  if (others.size() > 1)
    std::erase(others, avoided_);
  if (others.empty())
    return look_later(pauses.ceiling);
  std::ranges::shuffle(others, random_);
  others.resize(std::min(others.size(), choices));
  lane_owner& owner = *this;
  for (auto& each : others) {
    lane_setup setup{std::move(each), terms_.name, terms_.tls, greeting_};
    asked_.push_back(std::make_unique<agent_lane>(loop_, std::move(setup), budget_, owner));
    asked_.back()->start();
  }
}

void companion::on_lane_up(agent_lane& lane, const lane::welcome& welcome) {
  if (welcome.session != greeting_.session)
    return lane.say_goodbye(errc::closed_by_owner); // a session that nobody asked for
  auto chosen = take(asked_, lane);
  if (!chosen)
    return;
  for (auto& slower : std::exchange(asked_, {}))
    slower->close_gently();
  lane_ = std::move(chosen);
  up_since_ = loop_.now();
  user_.on_companion_changed(welcome.node);
}

lane::stream_handler* companion::on_lane_stream(agent_lane& lane, lane::stream_id id,
                                                const lane::open& message, bytes_view first) {
  return user_.on_companion_stream(lane, id, message, first);
}

result<done> companion::on_lane_bound(agent_lane&, const lane::bound&) {
  return fail(errc::protocol_violation, "BOUND on a lane where nothing is asked");
}

// It drains, or has had enough of this connection: another edge, or another connection, takes over
// while its streams go on.
void companion::on_lane_goaway(agent_lane& lane, const lane::goaway& why) {
  if (&lane != lane_.get() || !lane.carries_streams())
    return;
  avoided_ = why.code == errc::draining ? lane.server() : net::address{};
  lane.say_goodbye(errc::draining); // it need not wait for us
  former_.push_back(std::move(lane_));
  user_.on_companion_changed({});
  look_later(short_pause);
}

void companion::let_go() {
  lane_->say_goodbye(errc::draining);
  former_.push_back(std::move(lane_));
  user_.on_companion_changed({});
}

void companion::on_lane_over(agent_lane& lane, const failure&) {
  if (auto gone = take(former_, lane))
    return;
  if (&lane == lane_.get()) {
    auto gone = std::move(lane_);
    backoff_.on_lost(std::chrono::duration_cast<milliseconds>(loop_.now() - up_since_));
    user_.on_companion_changed({});
    return look_later(backoff_.on_failure(1));
  }
  auto gone = take(asked_, lane);
  if (gone && asked_.empty() && !lane_)
    look_later(backoff_.on_failure(1));
}

template <class Call>
void companion::for_each_lane(Call call) {
  // By number: a lane that ends is taken out of its list.
  for (auto* list : {&asked_, &former_})
    for (std::size_t i = list->size(); i-- > 0;)
      if (i < list->size())
        call(*(*list)[i]);
  if (lane_)
    call(*lane_);
}

void companion::on_tick(time_point now) {
  for_each_lane([now](agent_lane& lane) { lane.on_tick(now); });
  if (!is_held_ && now >= due_ && !lane_ && asked_.empty())
    choose();
}

void companion::on_wake() {
  for_each_lane([](agent_lane& lane) { lane.on_wake(); });
}

void companion::say_goodbye() {
  is_held_ = true;
  for_each_lane([](agent_lane& lane) { lane.say_goodbye(errc::closed_by_owner); });
}

void companion::close() {
  is_held_ = true;
  for (auto* list : {&asked_, &former_})
    for (auto& lane : std::exchange(*list, {}))
      lane->close_gently();
  if (auto lane = std::exchange(lane_, nullptr))
    lane->close_gently();
}

} // namespace serverme::cli

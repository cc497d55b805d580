#include "nodes/edge/peers/peer_path.hpp"

#include "nodes/edge/peers/neighbourhood.hpp"
#include "nodes/edge/peers/peer_lane.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <tuple>
#include <utility>

namespace serverme::edge {

namespace {

// An edge that was restarted is back within a second: its visitors wait for it.
constexpr backoff_limits dial_pauses{
  .first = milliseconds{100}, .ceiling = milliseconds{5'000}, .stable = milliseconds{10'000}};

// As agents have it (cli/edge_session.cpp): two lanes take the stall of a lost packet, or of one
// core's TLS, off half of the streams; more gained nothing (measured).
constexpr std::size_t lanes_useful = 2;
constexpr std::size_t streams_busy = 4;
constexpr double bytes_busy = 4e6; // within about half a second
constexpr milliseconds busy_time{1'000};
constexpr milliseconds quiet_time{30'000};
constexpr milliseconds lane_refused_pause{60'000};

double random_part() {
  static thread_local std::mt19937_64 source{std::random_device{}()};
  return std::uniform_real_distribution<double>{0, 1}(source);
}

} // namespace

peer_path::peer_path(edge_loop& home, neighbourhood& all, node_id node, net::address where,
                     std::uint16_t loop)
  : home_{home},
    all_{all},
    node_{node},
    where_{std::move(where)},
    loop_{loop},
    backoff_{dial_pauses},
    calm_at_{home.now()},
    busy_at_{home.now()},
    no_more_before_{home.now()},
    self_{std::make_shared<peer_path*>(this)} {}

peer_path::~peer_path() {
  for (auto* lane : std::exchange(lanes_, {}))
    lane->let_go();
}

void peer_path::keep() {
  if (lanes_.empty() && !pausing_)
    dial();
}

void peer_path::dial() {
  if (stopped_)
    return;
  ++home_.counters().peers.dials;
  auto& lane = home_.admit(std::make_unique<peer_lane>(home_, *this));
  lanes_.push_back(&lane);
  lane.start();
}

void peer_path::dial_later() {
  pausing_ = true;
  home_.loop().after(backoff_.on_failure(random_part()), [weak = std::weak_ptr{self_}] {
    auto self = weak.lock();
    if (!self)
      return;
    (*self)->pausing_ = false;
    (*self)->keep();
  });
}

peer_lane* peer_path::pick(time_point now) noexcept {
  peer_lane* best = nullptr;
  std::tuple<bool, double> least;
  for (auto* lane : lanes_) {
    if (!lane->takes_streams())
      continue;
    std::tuple load{!lane->core().has_room(), lane->recent_bytes(now)};
    if (best == nullptr || load < least) {
      best = lane;
      least = load;
    }
  }
  return best;
}

void peer_path::lane_up(peer_lane&, std::uint16_t loops) {
  if (std::exchange(complained_, false))
    spdlog::info("there is a lane to edge {} again", to_string(node_));
  home_.announce_change();
  all_.learn_loops(node_, loops);
}

void peer_path::lane_leaves(peer_lane& lane) {
  std::erase(lanes_, &lane);
  lane.let_go();
  if (lanes_.empty() && !pausing_)
    dial_later();
}

void peer_path::lane_gone(peer_lane& lane, milliseconds lifetime, const failure& why) {
  if (std::erase(lanes_, &lane) == 0)
    return;
  if (lifetime.count() > 0) {
    backoff_.on_lost(lifetime);
  } else {
    ++home_.counters().peers.dials_failed;
    if (!lanes_.empty())
      no_more_before_ = home_.now() + lane_refused_pause;
  }
  if (!lanes_.empty() || stopped_)
    return;
  if (!std::exchange(complained_, true))
    spdlog::warn("no lane to edge {} at {}: {}", to_string(node_), net::to_string(where_),
                 to_string(why));
  if (!pausing_)
    dial_later();
}

void peer_path::on_tick(time_point now) {
  if (!stopped_ && !lanes_.empty())
    balance(now);
}

void peer_path::balance(time_point now) {
  std::size_t streams = 0;
  double bytes = 0;
  for (auto* lane : lanes_) {
    streams += lane->streams();
    bytes += lane->recent_bytes(now);
  }
  auto is_busy = streams >= streams_busy || bytes >= bytes_busy;
  (is_busy ? busy_at_ : calm_at_) = now;
  if (now - calm_at_ >= busy_time && lanes_.size() < lanes_useful && now >= no_more_before_)
    return dial();
  if (lanes_.size() < 2 || now - busy_at_ < quiet_time)
    return;
  auto quiet = std::ranges::find_if(
    lanes_, [](auto* lane) { return lane->takes_streams() && lane->streams() == 0; });
  if (quiet == lanes_.end())
    return;
  auto* lane = *quiet;
  lanes_.erase(quiet);
  lane->let_go();
}

} // namespace serverme::edge

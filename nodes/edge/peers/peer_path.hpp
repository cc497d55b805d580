// From one loop here to one loop of another edge: a lane that is kept, and a second one under load.
#pragma once

#include "net/address.hpp"
#include "nodes/edge/edge_loop.hpp"
#include "protocol/backoff.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace serverme::edge {

class neighbourhood;
class peer_lane;

class peer_path {
public:
  peer_path(edge_loop& home, neighbourhood& all, node_id node, net::address where,
            std::uint16_t loop);
  /// Its lanes take no new streams, and end with their last ones.
  ~peer_path();
  peer_path(const peer_path&) = delete;
  peer_path& operator=(const peer_path&) = delete;

  node_id node() const noexcept { return node_; }
  const net::address& where() const noexcept { return where_; }
  std::uint16_t loop() const noexcept { return loop_; }

  /// From now on there is a lane, or one is being dialed, or will be after a pause.
  void keep();
  /// nullptr when none takes streams.
  peer_lane* pick(time_point now) noexcept;
  void on_tick(time_point now);
  /// Dials no more.
  void stop() noexcept { stopped_ = true; }

  // By its lanes.
  /// It takes streams. The path may be gone when this returns.
  void lane_up(peer_lane& lane, std::uint16_t loops);
  /// It takes no new streams.
  void lane_leaves(peer_lane& lane);
  /// `lifetime`: since it was up; 0 when it never was.
  void lane_gone(peer_lane& lane, milliseconds lifetime, const failure& why);

private:
  void dial();
  void dial_later();
  void balance(time_point now);

  edge_loop& home_;
  neighbourhood& all_;
  node_id node_;
  net::address where_;
  std::uint16_t loop_;
  std::vector<peer_lane*> lanes_; // residents of the loop, those that do not leave
  backoff backoff_;
  bool pausing_ = false;
  bool stopped_ = false;
  bool complained_ = false;
  // When a second lane opens or closes.
  time_point calm_at_, busy_at_, no_more_before_;
  /// For timers, which can outlive this.
  std::shared_ptr<peer_path*> self_;
};

} // namespace serverme::edge

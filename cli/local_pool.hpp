// Connections to one local service that wait for their next request.
#pragma once

#include "net/channel.hpp"

#include <cstddef>
#include <list>
#include <memory>

namespace serverme::cli {

struct pool_limits {
  /// As many as visitors may be at work at once: fewer means dialing for every fourth request of
  /// 256 visitors (measured: twice the CPU). Unused ones go after idle_timeout.
  std::size_t kept_max = 1024;
  /// Shorter than the 5 s after which common servers drop an idle connection: whoever hangs up
  /// first is in no race with a request.
  milliseconds idle_timeout{4'000};
};

class local_pool {
public:
  explicit local_pool(pool_limits limits = {}) : limits_{limits} {}

  /// For a request that can be sent again: the last one that came. nullptr when there is none.
  std::unique_ptr<net::channel> take();
  /// For a request that cannot: the kernel is asked whether the service has hung up meanwhile.
  std::unique_ptr<net::channel> take_checked();
  /// @pre nothing is under way on it
  void put(std::unique_ptr<net::channel> connection);
  /// Call about once a second.
  void on_tick(time_point now);
  std::size_t size() const noexcept { return kept_.size(); }

private:
  /// Hears that the service hung up, or speaks without being asked: of no more use.
  struct kept final : net::channel_user {
    kept(local_pool& owner, std::unique_ptr<net::channel> connection);
    void on_bytes(bytes_view) override { pool.drop(*this); }
    void on_end() override { pool.drop(*this); }
    void on_sent() override {}
    void on_closed(const failure&) override { pool.drop(*this); }

    local_pool& pool;
    std::unique_ptr<net::channel> channel;
    time_point since;
  };

  void drop(const kept& which);

  pool_limits limits_;
  std::list<kept> kept_; // oldest first
};

} // namespace serverme::cli

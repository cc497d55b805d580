// WebSocket messages and their echoes, on connections that stay. Closed loop: each visitor sends
// the next message when the last is back. Open loop (`--rate`): messages have a time at which they
// are due, and their latency counts from then, however many are under way.
#include "bench/load/commands.hpp"
#include "bench/load/websocket_visitor.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <vector>

namespace serverme::load {

namespace {

// How long an open loop waits for the last echoes.
constexpr std::uint64_t patience_ns = 10'000'000'000;

/// One thread for all visitors: a load that wakes a thread for each echo would cost more than most
/// of what it measures.
class websocket_load {
public:
  websocket_load(std::size_t connections, std::size_t payload) {
    visitors_.reserve(connections);
    while (visitors_.size() < connections)
      visitors_.emplace_back(payload);
  }
  ~websocket_load() { ::close(epoll_); }
  websocket_load(const websocket_load&) = delete;
  websocket_load& operator=(const websocket_load&) = delete;

  void open(const net::address& target, const std::string& host, const std::string& path) {
    for (std::uint32_t i = 0; i < visitors_.size(); ++i) {
      if (!visitors_[i].open(target, host, path))
        give_up("a visitor's handshake was not answered as a WebSocket's");
      epoll_event wanted{};
      wanted.events = EPOLLIN;
      wanted.data.u32 = i;
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, visitors_[i].descriptor(), &wanted) != 0)
        give_up("epoll does not take a connection");
    }
  }

  void run_closed(std::uint64_t end) {
    for (auto& visitor : visitors_)
      visitor.send(now_ns());
    for (auto now = now_ns(); now < end && broken_ < visitors_.size(); now = now_ns())
      take_echoes(end - now, [&](websocket_visitor& visitor, std::uint64_t back) {
        return back >= end || visitor.send(back);
      });
  }

  void run_open(std::uint64_t begin, double rate, double seconds) {
    prctl(PR_SET_TIMERSLACK, 1UL); // else the kernel wakes us up to 50 us late
    auto total = static_cast<std::uint64_t>(rate * seconds);
    auto due = [&](std::uint64_t number) {
      return begin + static_cast<std::uint64_t>(static_cast<double>(number) * 1e9 / rate);
    };
    auto last = due(total) + patience_ns;
    for (std::uint64_t next = 0; latencies_.count() < total && broken_ == 0;) {
      auto now = now_ns();
      if (now >= last)
        break;
      for (; next < total && due(next) <= now; ++next)
        visitors_[next % visitors_.size()].send(due(next));
      take_echoes((next < total ? due(next) : last) - now,
                  [](websocket_visitor&, std::uint64_t) { return true; });
    }
    errors_ += total - latencies_.count();
  }

  const latency_histogram& latencies() const noexcept { return latencies_; }
  std::uint64_t errors() const noexcept { return errors_ + broken_; }

private:
  /// Waits for `nanoseconds` at most. `on_echo` is false when the visitor's connection broke.
  template <class OnEcho>
  void take_echoes(std::uint64_t nanoseconds, OnEcho on_echo) {
    std::array<epoll_event, 64> ready{};
    timespec patience{static_cast<time_t>(nanoseconds / 1'000'000'000),
                      static_cast<long>(nanoseconds % 1'000'000'000)};
    auto count = ::epoll_pwait2(epoll_, ready.data(), ready.size(), &patience, nullptr);
    for (int i = 0; i < count; ++i) {
      auto& visitor = visitors_[ready[static_cast<std::size_t>(i)].data.u32];
      auto alive = true;
      auto received = visitor.receive([&](std::uint64_t due) {
        auto back = now_ns();
        latencies_.record(back - due);
        alive = on_echo(visitor, back) && alive;
      });
      if (received && alive)
        continue;
      ++broken_;
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, visitor.descriptor(), nullptr);
    }
  }

  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<websocket_visitor> visitors_;
  latency_histogram latencies_;
  std::uint64_t errors_ = 0;
  std::size_t broken_ = 0;
};

} // namespace

int run_websocket(const arguments& given) {
  auto payload = static_cast<std::size_t>(given.number("bytes", 128));
  auto connections = static_cast<std::size_t>(given.number("connections", 32));
  auto rate = given.number("rate", 0);
  auto length = given.number("seconds");
  if (payload > websocket_payload_max || connections == 0)
    give_up("--bytes is at most 65535, --connections at least 1");
  websocket_load load{connections, payload};
  load.open(target_of(given), given.text("host"), given.text("path", "/"));
  auto begin = now_ns();
  if (rate > 0)
    load.run_open(begin, rate, length);
  else
    load.run_closed(begin + static_cast<std::uint64_t>(length * 1e9));
  auto seconds = static_cast<double>(now_ns() - begin) / 1e9;
  std::printf("{\"per_second\":%f,\"errors\":%llu,%s}\n",
              static_cast<double>(load.latencies().count()) / seconds,
              static_cast<unsigned long long>(load.errors()), as_json(load.latencies()).c_str());
  return 0;
}

} // namespace serverme::load

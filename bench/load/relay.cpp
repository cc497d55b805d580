// A wide-area link in user space: each direction delays by a fixed time, keeps the order, and
// passes at most so many bytes per second. No loss, no queue management: a link of the best kind.
// What is under way is bounded, as the window of the TCP connection that it stands for would be.
#include "bench/load/blocking_socket.hpp"
#include "bench/load/commands.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace serverme::load {

namespace {

constexpr int receive_buffer = 256 * 1024;

/// Changed while it runs, by lines on standard input; one for all connections, as they share a
/// link.
struct link_state {
  std::atomic<std::uint64_t> delay_ns{0};
  std::atomic<std::uint64_t> bytes_per_second{0};  // 0: no bound
  std::atomic<std::uint64_t> stall_every_bytes{0}; // 0: never

  /// Before bytes are taken from a sender: until the queue has room for them.
  void await_room(std::size_t direction) {
    for (;;) {
      std::uint64_t free = 0;
      {
        std::lock_guard lock{mutex_};
        free = free_at_[direction];
      }
      auto now = now_ns();
      if (bytes_per_second.load() == 0 || free <= now + queue_ns)
        return;
      std::this_thread::sleep_for(std::chrono::nanoseconds{free - now - queue_ns});
    }
  }

  /// When the last of `bytes` that enter now comes out at the other end.
  std::uint64_t arrival(std::size_t direction, std::size_t bytes) {
    auto now = now_ns();
    auto rate = bytes_per_second.load();
    if (rate == 0)
      return now + delay_ns.load();
    std::lock_guard lock{mutex_};
    auto& free = free_at_[direction];
    free = std::max(free, now) + bytes * 1'000'000'000 / rate;
    return free + delay_ns.load();
  }

private:
  /// What a router of today holds, as time on the link.
  static constexpr std::uint64_t queue_ns = 20'000'000;
  std::mutex mutex_;
  std::array<std::uint64_t, 2> free_at_{}; // by direction
};

struct piece {
  std::uint64_t due = 0;
  std::vector<std::byte> bytes;
};

/// One direction of one connection: who reads puts pieces in, who writes takes them when due.
class pipe {
public:
  /// Blocks while too much is under way. An empty piece is the end. `stall_every`: see link_state.
  void put(piece one, std::uint64_t stall_every) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return under_way_ < under_way_max || closed_; });
    under_way_ += one.bytes.size();
    since_stall_ += one.bytes.size();
    if (stall_every > 0 && since_stall_ >= stall_every) {
      since_stall_ = 0;
      one.due += stall_ns;
    }
    // Nothing overtakes: not after a stall, nor when the delay was just made shorter.
    last_due_ = one.due = std::max(one.due, last_due_);
    pieces_.push_back(std::move(one));
    changed_.notify_all();
  }

  piece take() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !pieces_.empty(); });
    auto one = std::move(pieces_.front());
    pieces_.pop_front();
    return one;
  }

  void taken(std::size_t bytes) {
    std::lock_guard lock{mutex_};
    under_way_ -= bytes;
    changed_.notify_all();
  }

  void close() {
    std::lock_guard lock{mutex_};
    closed_ = true;
    changed_.notify_all();
  }

private:
  static constexpr std::size_t under_way_max = 64 * 1024 * 1024;
  static constexpr std::uint64_t stall_ns = 100'000'000;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<piece> pieces_;
  std::size_t under_way_ = 0;
  std::uint64_t since_stall_ = 0;
  std::uint64_t last_due_ = 0;
  bool closed_ = false;
};

struct connection {
  std::array<blocking_socket, 2> ends;
  std::array<pipe, 2> ways;
};

void read_into(link_state& link, const std::shared_ptr<connection>& whose, std::size_t direction) {
  // As much as the sockets buffer: what waits is in the queue, where its size is known.
  std::vector<std::byte> room(receive_buffer);
  std::size_t received = 0;
  do {
    link.await_room(direction);
    received = whose->ends[direction].receive(room);
    whose->ways[direction].put(
      {link.arrival(direction, received),
       {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(received)}},
      link.stall_every_bytes.load());
  } while (received > 0);
}

void write_from(const std::shared_ptr<connection>& whose, std::size_t direction) {
  auto& sink = whose->ends[1 - direction];
  auto& way = whose->ways[direction];
  for (;;) {
    auto one = way.take();
    std::this_thread::sleep_until(
      std::chrono::steady_clock::time_point{std::chrono::nanoseconds{one.due}});
    if (one.bytes.empty())
      return sink.finish_sending();
    if (!sink.send_all(one.bytes))
      break;
    way.taken(one.bytes.size());
  }
  // The sink is gone: so is, after the same delay at most, whoever sends.
  whose->ends[direction].shut_down();
  way.close();
  while (!way.take().bytes.empty()) {
  }
}

void accept_for_ever(const blocking_listener& listener, link_state& link,
                     const net::address& target) {
  for (;;) {
    auto near = listener.accept();
    auto far = blocking_socket::connect(target, 0, receive_buffer);
    if (!near.is_open() || !far)
      continue;
    auto made = std::make_shared<connection>();
    made->ends = {std::move(near), std::move(*far)};
    for (std::size_t direction : {0UL, 1UL}) {
      std::thread{[&link, made, direction] { read_into(link, made, direction); }}.detach();
      std::thread{[made, direction] { write_from(made, direction); }}.detach();
    }
  }
}

} // namespace

int run_relay(const arguments& given) {
  auto target = target_of(given);
  link_state link;
  blocking_listener listener{receive_buffer};
  std::printf("{\"port\":%d}\n", listener.port());
  std::thread{[&] { accept_for_ever(listener, link, target); }}.detach();
  double delay_ms = 0;
  double megabytes_per_second = 0;
  double stall_megabytes = 0;
  while (std::scanf("%lf %lf %lf", &delay_ms, &megabytes_per_second, &stall_megabytes) == 3) {
    link.delay_ns = static_cast<std::uint64_t>(delay_ms * 1e6);
    link.bytes_per_second = static_cast<std::uint64_t>(megabytes_per_second * 1e6);
    link.stall_every_bytes = static_cast<std::uint64_t>(stall_megabytes * 1e6);
    std::printf("{\"delay_ms\":%f}\n", delay_ms);
  }
  std::_Exit(0); // the threads above have no end of their own
}

} // namespace serverme::load

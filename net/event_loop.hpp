// One thread, one epoll, everything on it owned by it alone.
#pragma once

#include "protocol/time.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace serverme::net {

class event_loop;

/// Runs at the end of the current turn: once, however often it was asked for. All that a turn
/// produced leaves in one write (the largest single effect measured on the byte path: 1.4x CPU
/// per request).
class turn_task {
public:
  turn_task(event_loop& loop, std::function<void()> run);
  ~turn_task();
  turn_task(const turn_task&) = delete;
  turn_task& operator=(const turn_task&) = delete;

  void request();

private:
  friend class event_loop;
  event_loop& loop_;
  std::function<void()> run_;
  bool requested_ = false;
};

/// Calls back every `period` until it dies. Coarse: for time-outs, not for pacing.
class ticker {
public:
  ticker(event_loop& loop, milliseconds period, std::function<void(time_point)> tick);
  ~ticker();
  ticker(const ticker&) = delete;
  ticker& operator=(const ticker&) = delete;

private:
  struct state;
  std::shared_ptr<state> state_;
};

class event_loop {
public:
  using executor = boost::asio::io_context::executor_type;

  event_loop();
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  /// Runs on the calling thread until stop(). An exception that reaches here ends the process.
  void run();
  /// From any thread. What was posted before still runs.
  void stop();
  /// From any thread.
  void post(std::function<void()> task);
  /// On this loop, after `delay`; not cancellable: capture what can be gone weakly.
  void after(milliseconds delay, std::function<void()> task);

  boost::asio::io_context& context() noexcept { return context_; }
  /// Monotonic, read once a turn at most: cheap enough for every frame.
  time_point now() const noexcept;
  bool is_this_thread() const noexcept;

  /// 256 KiB that every read of this loop shares; its content dies with the callback.
  std::span<std::byte> read_buffer() noexcept { return read_buffer_; }

private:
  friend class turn_task;
  void end_turn();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<executor> work_;
  std::vector<std::byte> read_buffer_;
  std::vector<turn_task*> turn_;
  bool turn_posted_ = false;
  std::thread::id thread_;
};

} // namespace serverme::net

// One thread, one epoll, everything on it owned by it alone.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/time.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
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

/// Memory that every channel of a loop uses in turn, so that an idle one needs none. Contents die
/// with the callback that used them.
struct loop_buffers {
  /// What the kernel gives. 256 KiB: reads of 16 KiB cost 18 to 30 % of bulk (measured).
  std::vector<std::byte> received = std::vector<std::byte>(256 * 1024);
  /// What TLS makes of it: a full `received` and the rest of a record from before.
  std::vector<std::byte> decrypted = std::vector<std::byte>(288 * 1024);
  /// Records on their way to the kernel.
  byte_queue encrypted;
  /// Frames on their way into records.
  byte_queue frames;
};

/// Told when the bytes that a lane was given are about to die.
class delivery_end {
public:
  virtual void on_delivery_end() = 0;

protected:
  ~delivery_end() = default;
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
  /// From any thread: run() returns soon, tasks that wait are dropped with the loop.
  void stop();
  /// From any thread.
  void post(std::function<void()> task);
  /// From the loop; not cancellable: capture what can be gone weakly.
  void after(milliseconds delay, std::function<void()> task);

  /// Between them, what came from under TLS lies where it was decrypted. They do not nest.
  void begin_delivery() noexcept { delivering_ = true; }
  void end_delivery();
  bool is_delivering() const noexcept { return delivering_; }
  /// Once, from end_delivery(). @pre is_delivering()
  void at_delivery_end(std::shared_ptr<delivery_end> who) { delivered_.push_back(std::move(who)); }

  time_point now() const noexcept { return std::chrono::steady_clock::now(); }
  boost::asio::io_context& context() noexcept { return context_; }
  loop_buffers& buffers() noexcept { return buffers_; }

private:
  friend class turn_task;
  void end_turn();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<executor> work_;
  loop_buffers buffers_;
  std::vector<turn_task*> turn_;
  std::vector<turn_task*> ending_;
  std::vector<std::shared_ptr<delivery_end>> delivered_;
  bool turn_posted_ = false;
  bool delivering_ = false;
};

} // namespace serverme::net

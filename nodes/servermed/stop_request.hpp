// How a node is told to stop: by a signal, or by a part of it that cannot go on.
#pragma once

#include "protocol/error.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

namespace serverme::servermed {

/// Made first in main(): every thread that is started later leaves the signals to it.
class stop_request {
public:
  stop_request();
  ~stop_request();
  stop_request(const stop_request&) = delete;
  stop_request& operator=(const stop_request&) = delete;

  /// From any thread. The first reason counts.
  void fail_with(failure why);
  /// Whether somebody asked. To be called at every step of a start: after a signal that nobody
  /// takes notice of within a second, because a database does not answer, say, the process ends as
  /// if it had stopped.
  bool is_made();
  /// Waits for SIGINT, SIGTERM, SIGHUP or fail_with(). @returns why, when it was not a signal
  std::optional<failure> await();
  /// From now on a signal ends the process at once: whoever asks twice is in a hurry.
  void end_at_once() noexcept;

private:
  void listen();

  sigset_t signals_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_made_ = false;
  bool is_noticed_ = false;
  bool is_over_ = false;
  std::optional<failure> why_;
  std::thread listener_;
};

} // namespace serverme::servermed

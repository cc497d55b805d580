// How a node is told to stop: by a signal, or by a part of it that cannot go on.
#pragma once

#include "protocol/error.hpp"

#include <csignal>
#include <mutex>
#include <optional>

namespace serverme::servermed {

/// Made first in main(): every thread that is started later leaves the signals to it.
class stop_request {
public:
  stop_request();
  stop_request(const stop_request&) = delete;
  stop_request& operator=(const stop_request&) = delete;

  /// From any thread. The first reason counts.
  void fail_with(failure why);
  /// Waits for SIGINT, SIGTERM, SIGHUP or fail_with(). @returns why, when it was not a signal
  std::optional<failure> await();
  /// From now on a signal ends the process at once: whoever asks twice is in a hurry.
  void end_at_once() noexcept;

private:
  sigset_t signals_{};
  std::mutex mutex_;
  std::optional<failure> why_;
};

} // namespace serverme::servermed

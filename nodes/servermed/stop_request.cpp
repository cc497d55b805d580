#include "nodes/servermed/stop_request.hpp"

#include "protocol/time.hpp"

#include <pthread.h>

#include <cstdlib>
#include <utility>

namespace serverme::servermed {

namespace {

// With what is stopped before the process ends, no more than a second.
constexpr milliseconds noticed_within{800};

} // namespace

stop_request::stop_request() {
  sigemptyset(&signals_);
  for (int number : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&signals_, number);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  // A peer that is gone shows as an error of the write.
  std::signal(SIGPIPE, SIG_IGN);
  listener_ = std::thread{[this] { listen(); }};
}

stop_request::~stop_request() {
  {
    std::lock_guard guard{mutex_};
    is_over_ = true;
    // Wakes sigwait(), and nobody else: it is blocked there as long as no signal was heard.
    // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread)
    ::pthread_kill(listener_.native_handle(), SIGTERM);
  }
  changed_.notify_all();
  listener_.join();
}

void stop_request::listen() {
  int number = 0;
  ::sigwait(&signals_, &number);
  std::unique_lock lock{mutex_};
  if (is_over_)
    return;
  is_made_ = true;
  changed_.notify_all();
  // Whoever waits for something that has no end cannot be told. All that a start has made by then
  // ends with the process: PostgreSQL too, which is told by the kernel.
  if (!changed_.wait_for(lock, noticed_within, [this] { return is_noticed_ || is_over_; }))
    std::_Exit(EXIT_SUCCESS);
}

void stop_request::fail_with(failure why) {
  {
    std::lock_guard guard{mutex_};
    if (!why_)
      why_ = std::move(why);
    is_made_ = true;
  }
  changed_.notify_all();
}

bool stop_request::is_made() {
  std::lock_guard guard{mutex_};
  is_noticed_ = is_noticed_ || is_made_;
  if (is_noticed_)
    changed_.notify_all();
  return is_made_;
}

std::optional<failure> stop_request::await() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return is_made_; });
  is_noticed_ = true;
  changed_.notify_all();
  return why_;
}

void stop_request::end_at_once() noexcept {
  for (int number : {SIGINT, SIGTERM, SIGHUP})
    std::signal(number, SIG_DFL);
  ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

} // namespace serverme::servermed

#include "nodes/servermed/stop_request.hpp"

#include <unistd.h>

#include <utility>

namespace serverme::servermed {

stop_request::stop_request() {
  sigemptyset(&signals_);
  for (int number : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&signals_, number);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  // A peer that is gone shows as an error of the write.
  std::signal(SIGPIPE, SIG_IGN);
}

void stop_request::fail_with(failure why) {
  {
    std::lock_guard guard{mutex_};
    if (!why_)
      why_ = std::move(why);
  }
  ::kill(::getpid(), SIGTERM);
}

std::optional<failure> stop_request::await() {
  int number = 0;
  ::sigwait(&signals_, &number);
  std::lock_guard guard{mutex_};
  return why_;
}

void stop_request::end_at_once() noexcept {
  for (int number : {SIGINT, SIGTERM, SIGHUP})
    std::signal(number, SIG_DFL);
  ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

} // namespace serverme::servermed

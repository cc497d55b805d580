#include "nodes/control/postgres_watch.hpp"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace serverme::control {

namespace {

using std::chrono::steady_clock;

constexpr milliseconds look_every{500};
constexpr backoff_limits restarts{.first = look_every, .ceiling = milliseconds{10'000}};
// Nobody else waits for the same server: there is nothing to spread.
constexpr double whole_pause = 1;

} // namespace

postgres_watch::postgres_watch(private_postgres& server)
  : server_{server},
    backoff_{restarts},
    running_since_{steady_clock::now()},
    thread_{[this](const std::stop_token& stop) { watch(stop); }} {}

void postgres_watch::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock{mutex};
  std::condition_variable_any woken; // by `stop` alone
  while (!stop.stop_requested()) {
    auto pause = look();
    woken.wait_for(lock, stop, pause, [] { return false; });
  }
}

milliseconds postgres_watch::look() {
  if (!server_.has_ended())
    return look_every;
  if (auto since = std::exchange(running_since_, std::nullopt)) {
    spdlog::error("PostgreSQL has ended by itself");
    backoff_.on_lost(std::chrono::duration_cast<milliseconds>(steady_clock::now() - *since));
  }
  if (auto started = server_.start_again(); started) {
    spdlog::info("PostgreSQL was started again");
    running_since_ = steady_clock::now();
  } else {
    spdlog::error("{}", to_string(started.error()));
  }
  // Also after a start: one that ends at once, again and again, is not a reason to be busy.
  return backoff_.on_failure(whole_pause);
}

} // namespace serverme::control

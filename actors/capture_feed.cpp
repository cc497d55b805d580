#include "actors/capture_feed.hpp"

#include <utility>

namespace serverme::actors {

capture_feed::capture_feed(std::size_t entries_max, std::function<void()> wake)
  : entries_max_{entries_max}, wake_{std::move(wake)} {}

capture_feed::batch capture_feed::take() {
  std::lock_guard guard{mutex_};
  woken_ = false;
  batch taken{.captures = {waiting_.begin(), waiting_.end()}, .lost = lost_, .ended = ended_};
  waiting_.clear();
  lost_ = 0;
  return taken;
}

void capture_feed::offer(shared_capture exchange) {
  std::unique_lock lock{mutex_};
  if (waiting_.size() >= entries_max_) {
    // The newest are worth more to a person who looks at them live.
    waiting_.pop_front();
    ++lost_;
  }
  waiting_.push_back(std::move(exchange));
  wake_reader(std::move(lock));
}

void capture_feed::offer_lost(std::uint64_t count) {
  std::unique_lock lock{mutex_};
  lost_ += count;
  wake_reader(std::move(lock));
}

void capture_feed::end() {
  std::unique_lock lock{mutex_};
  ended_ = true;
  wake_reader(std::move(lock));
}

void capture_feed::wake_reader(std::unique_lock<std::mutex> lock) {
  if (std::exchange(woken_, true))
    return;
  lock.unlock(); // the reader may call take() from there
  wake_();
}

} // namespace serverme::actors

// A subscription to news of one kind: a bounded queue between who tells and who shows them.
//
// Unsubscribing is letting go of it. A reader that is slow loses entries and is told how many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace serverme::actors {

/// Every function may be called from any thread.
template <class News>
class bounded_feed {
public:
  /// `wake` is called when there is something to take and nobody has been told yet, on the thread
  /// of who tells: it posts and returns. Not called again before take().
  bounded_feed(std::size_t entries_max, std::function<void()> wake)
    : entries_max_{entries_max}, wake_{std::move(wake)} {}

  struct batch {
    std::vector<News> news;
    /// Entries that were lost before these, because nobody took them in time.
    std::uint64_t lost = 0;
    /// Nothing will come any more.
    bool ended = false;
  };

  batch take() {
    std::lock_guard guard{mutex_};
    woken_ = false;
    batch taken{
      .news = {std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end())},
      .lost = std::exchange(lost_, 0),
      .ended = ended_};
    waiting_.clear();
    return taken;
  }

  void offer(News news) {
    std::unique_lock lock{mutex_};
    if (waiting_.size() >= entries_max_) {
      waiting_.pop_front(); // the newest are worth more to who looks on
      ++lost_;
    }
    waiting_.push_back(std::move(news));
    wake_reader(std::move(lock));
  }

  void offer_lost(std::uint64_t count) {
    std::unique_lock lock{mutex_};
    lost_ += count;
    wake_reader(std::move(lock));
  }

  void end() {
    std::unique_lock lock{mutex_};
    ended_ = true;
    wake_reader(std::move(lock));
  }

private:
  void wake_reader(std::unique_lock<std::mutex> lock) {
    if (std::exchange(woken_, true))
      return;
    lock.unlock(); // the reader may call take() from there
    wake_();
  }

  const std::size_t entries_max_;
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::deque<News> waiting_;
  std::uint64_t lost_ = 0;
  bool ended_ = false;
  bool woken_ = false;
};

} // namespace serverme::actors

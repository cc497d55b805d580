// A live subscription to captures: a bounded queue between an inspector and whoever shows them.
//
// Unsubscribing is letting go of it. A reader that is slow loses entries and is told how many.
#pragma once

#include "protocol/messages/captures.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace serverme::actors {

using shared_capture = std::shared_ptr<const capture>;

/// Every function may be called from any thread.
class capture_feed {
public:
  /// `wake` is called when there is something to take and nobody has been told yet: from an
  /// inspector's thread, so it posts to a loop and returns. Not called again before take().
  capture_feed(std::size_t entries_max, std::function<void()> wake);

  struct batch {
    std::vector<shared_capture> captures;
    /// Entries that were lost before these, because nobody took them in time.
    std::uint64_t lost = 0;
    /// Nothing will come any more: the tunnel's inspector is gone.
    bool ended = false;
  };
  batch take();

  /// From the inspector, or from what stands for it on another node.
  void offer(shared_capture exchange);
  /// Of entries that were lost on the way here.
  void offer_lost(std::uint64_t count);
  void end();

private:
  void wake_reader(std::unique_lock<std::mutex> lock);

  const std::size_t entries_max_;
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::deque<shared_capture> waiting_;
  std::uint64_t lost_ = 0;
  bool ended_ = false;
  bool woken_ = false;
};

} // namespace serverme::actors

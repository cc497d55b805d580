// The two queues between the loop of a connection and CAF's thread, under one lock.
#pragma once

#include "protocol/bytes.hpp"

#include <functional>
#include <mutex>
#include <utility>

namespace serverme::net {

/// What is left of a burst is given back: a queue that once held 60 MB need not keep them.
inline constexpr std::size_t kept_bytes_max = std::size_t{256} * 1024;

inline void empty(byte_queue& queue) {
  queue.clear();
  if (queue.capacity() > kept_bytes_max)
    queue.release();
}

/// Every member from any thread.
class wire_buffers {
public:
  // -- towards CAF ------------------------------------------------------------

  void start(std::function<void()> news) {
    std::unique_lock guard{mutex_};
    news_ = std::move(news);
    tell(guard);
  }

  /// `fill` appends to the queue. @returns how much waits then
  template <class Fill>
  std::size_t put_in(Fill fill) {
    std::unique_lock guard{mutex_};
    fill(in_);
    auto waiting = in_.size();
    tell(guard);
    return waiting;
  }

  /// `at_once`: what waits is of no more use.
  void end(bool at_once) {
    std::unique_lock guard{mutex_};
    ended_ = true;
    if (at_once)
      empty(in_);
    empty(out_);
    tell(guard);
  }

  /// @returns false when nothing more will come
  bool take(byte_queue& into) {
    std::lock_guard guard{mutex_};
    into.append(in_.view());
    empty(in_);
    told_ = false;
    return !ended_;
  }

  void mute() {
    std::unique_lock guard{mutex_};
    auto gone = std::exchange(news_, nullptr); // may hold the last reference to its owner
    guard.unlock();
  }

  // -- towards the peer -------------------------------------------------------

  enum class given : unsigned char { first, more, too_much };

  /// `tell_loop` hears whether these are the first that wait, or cannot be taken because more than
  /// `room` would. It is called under the lock: after end() the loop may be gone.
  template <class Tell>
  void put_out(bytes_view bytes, std::size_t room, Tell tell_loop) {
    std::lock_guard guard{mutex_};
    if (ended_)
      return;
    if (out_.size() + bytes.size() > room)
      return tell_loop(given::too_much);
    auto was_empty = out_.empty();
    out_.append(bytes);
    tell_loop(was_empty ? given::first : given::more);
  }

  /// Runs `call` unless it has ended; the loop is alive during the call.
  template <class Call>
  void while_open(Call call) {
    std::lock_guard guard{mutex_};
    if (!ended_)
      call();
  }

  void take_out(byte_queue& into) {
    std::lock_guard guard{mutex_};
    std::swap(into, out_);
  }

private:
  void tell(std::unique_lock<std::mutex>& guard) {
    if (!news_ || told_ || (in_.empty() && !ended_))
      return;
    told_ = true;
    auto call = news_;
    guard.unlock();
    call();
  }

  std::mutex mutex_;
  std::function<void()> news_;
  byte_queue in_, out_;
  bool told_ = false;
  bool ended_ = false;
};

} // namespace serverme::net

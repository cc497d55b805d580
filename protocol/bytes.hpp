// Bytes as cores see them: a view, and a buffer that is appended to and consumed from the front.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace serverme {

using bytes_view = std::span<const std::byte>;

inline bytes_view as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

inline std::string_view as_text(bytes_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Grows at the back, shrinks at the front; keeps its capacity so that steady
/// traffic allocates nothing. Views into it die with the next append.
class byte_queue {
public:
  byte_queue() = default;
  byte_queue(byte_queue&& other) noexcept { swap(other); }
  byte_queue& operator=(byte_queue&& other) noexcept {
    byte_queue{std::move(other)}.swap(*this);
    return *this;
  }
  byte_queue(const byte_queue& other) { append(other.view()); }
  byte_queue& operator=(const byte_queue& other) { return *this = byte_queue{other}; }

  bool empty() const noexcept { return head_ == tail_; }
  std::size_t size() const noexcept { return tail_ - head_; }
  bytes_view view() const noexcept { return {store_.get() + head_, size()}; }
  std::string_view text() const noexcept { return as_text(view()); }

  void append(bytes_view bytes) {
    if (!bytes.empty())
      std::memcpy(extend(bytes.size()).data(), bytes.data(), bytes.size());
  }
  void append(std::string_view text) { append(as_bytes(text)); }

  /// `count` more bytes at the back, for the caller to write: what is there means nothing.
  std::span<std::byte> extend(std::size_t count) {
    if (capacity_ - tail_ < count)
      make_room(count);
    tail_ += count;
    return {store_.get() + tail_ - count, count};
  }

  /// Replaces bytes that are there already, from the `at`-th on: a length that was not known yet.
  /// @pre at + bytes.size() <= size()
  void overwrite(std::size_t at, bytes_view bytes) noexcept {
    std::memcpy(store_.get() + head_ + at, bytes.data(), bytes.size());
  }

  /// @pre count <= size()
  void consume(std::size_t count) noexcept {
    head_ += count;
    if (head_ == tail_)
      clear();
  }

  void clear() noexcept { head_ = tail_ = 0; }

  /// Gives memory back once a burst is over.
  void release() {
    if (empty())
      *this = {};
  }

  std::size_t capacity() const noexcept { return capacity_; }

private:
  // Moves the rest to the front when the dead part is the larger one, so that a
  // queue that never runs quite dry stays bounded at amortised O(1) a byte.
  void make_room(std::size_t count) {
    auto used = size();
    if (head_ >= used && capacity_ - used >= count) {
      if (used > 0)
        std::memmove(store_.get(), store_.get() + head_, used);
    } else {
      auto grown = std::max(2 * capacity_, used + count);
      auto larger = std::make_unique_for_overwrite<std::byte[]>(grown);
      if (used > 0)
        std::memcpy(larger.get(), store_.get() + head_, used);
      store_ = std::move(larger);
      capacity_ = grown;
    }
    head_ = 0;
    tail_ = used;
  }

  void swap(byte_queue& other) noexcept {
    std::swap(store_, other.store_);
    std::swap(head_, other.head_);
    std::swap(tail_, other.tail_);
    std::swap(capacity_, other.capacity_);
  }

  std::unique_ptr<std::byte[]> store_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace serverme

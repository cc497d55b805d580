// Bytes as cores see them: a view, and a buffer that is appended to and consumed from the front.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  bool empty() const noexcept { return head_ == store_.size(); }
  std::size_t size() const noexcept { return store_.size() - head_; }
  bytes_view view() const noexcept { return {store_.data() + head_, size()}; }
  std::string_view text() const noexcept { return as_text(view()); }

  void append(bytes_view bytes) {
    make_room();
    store_.insert(store_.end(), bytes.begin(), bytes.end());
  }
  void append(std::string_view text) { append(as_bytes(text)); }

  /// Replaces bytes that are there already, from the `at`-th on: a length that was not known yet.
  /// @pre at + bytes.size() <= size()
  void overwrite(std::size_t at, bytes_view bytes) noexcept {
    std::memcpy(store_.data() + head_ + at, bytes.data(), bytes.size());
  }

  /// @pre count <= size()
  void consume(std::size_t count) noexcept {
    head_ += count;
    if (head_ == store_.size())
      clear();
  }

  void clear() noexcept {
    store_.clear();
    head_ = 0;
  }

  /// Gives memory back once a burst is over.
  void release() {
    if (empty())
      *this = {};
  }

  std::size_t capacity() const noexcept { return store_.capacity(); }

private:
  // Moves the rest to the front when the dead part is the larger one, so that a
  // queue that never runs quite dry stays bounded at amortised O(1) a byte.
  void make_room() {
    if (head_ > 0 && head_ >= size()) {
      std::memmove(store_.data(), store_.data() + head_, size());
      store_.resize(size());
      head_ = 0;
    }
  }

  std::vector<std::byte> store_;
  std::size_t head_ = 0;
};

} // namespace serverme

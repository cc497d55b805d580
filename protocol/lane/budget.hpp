// How much memory peers may make us hold: lane < tenant < node.
#pragma once

#include <cstddef>
#include <cstdint>

namespace serverme::lane {

/// Counts the bytes of window that were granted and not yet used up, and asks its parent too.
/// One loop thread only: a node that has several loops gives each its share.
class window_budget {
public:
  explicit window_budget(std::size_t limit, window_budget* parent = nullptr) noexcept
    : limit_{limit}, parent_{parent} {}
  window_budget(const window_budget&) = delete;
  window_budget& operator=(const window_budget&) = delete;

  /// All levels or none.
  bool try_take(std::size_t bytes) noexcept;
  /// Beyond the limit if need be: for the small first window without which nothing moves.
  void take(std::size_t bytes) noexcept;
  void give_back(std::size_t bytes) noexcept;

  std::size_t used() const noexcept { return used_; }
  std::size_t limit() const noexcept { return limit_; }

private:
  std::size_t limit_;
  std::size_t used_ = 0;
  window_budget* parent_;
};

} // namespace serverme::lane

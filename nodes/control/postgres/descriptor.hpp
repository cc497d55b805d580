// A file descriptor that is closed with its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace serverme::control {

class descriptor {
public:
  descriptor() noexcept = default;
  explicit descriptor(int value) noexcept : value_{value} {}
  descriptor(descriptor&& other) noexcept : value_{std::exchange(other.value_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~descriptor() {
    if (value_ >= 0)
      ::close(value_);
  }
  int value() const noexcept { return value_; }
  bool is_open() const noexcept { return value_ >= 0; }

private:
  int value_ = -1;
};

} // namespace serverme::control

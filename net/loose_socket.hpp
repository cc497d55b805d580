// A socket on its way from one event loop to another.
#pragma once

#include <unistd.h>

#include <utility>

namespace serverme::net {

/// A socket that no loop has; closed unless somebody takes it.
class loose_socket {
public:
  loose_socket() = default;
  explicit loose_socket(int descriptor) noexcept : descriptor_{descriptor} {}
  loose_socket(loose_socket&& other) noexcept : descriptor_{other.take()} {}
  loose_socket& operator=(loose_socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~loose_socket() {
    if (descriptor_ >= 0)
      ::close(descriptor_);
  }

  int take() noexcept { return std::exchange(descriptor_, -1); }

private:
  int descriptor_ = -1;
};

} // namespace serverme::net

// Tells when an address or a route of this machine came or went: the moment to try again.
#pragma once

#include "net/event_loop.hpp"

#include <functional>
#include <memory>

namespace serverme::net {

/// Silent where the kernel does not tell (no netlink): nobody may depend on it.
class route_watch {
public:
  /// `changed` is called from the loop: once for a burst of news.
  route_watch(event_loop& loop, std::function<void()> changed);
  ~route_watch();
  route_watch(const route_watch&) = delete;
  route_watch& operator=(const route_watch&) = delete;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace serverme::net

// Connects to a node by name or address: each address of the name in turn, all within one time.
#pragma once

#include "net/cluster/name_lookup.hpp"
#include "net/dialer.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serverme::net {

/// One attempt. Destroying it gives up: no call.
class peer_dial {
public:
  using on_done = std::function<void(result<stream_socket>)>;

  /// `done` is called once, from the loop and never from within here; this may be destroyed in it.
  peer_dial(event_loop& loop, name_lookup& names, std::string host, std::uint16_t port,
            milliseconds timeout, on_done done);
  ~peer_dial();
  peer_dial(const peer_dial&) = delete;
  peer_dial& operator=(const peer_dial&) = delete;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace serverme::net

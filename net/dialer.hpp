// Connects: to a name with all its addresses, to a numeric address, or to a Unix socket.
#pragma once

#include "net/channel.hpp"

#include <functional>
#include <memory>
#include <string>

namespace serverme::net {

/// Where to. Exactly one of `host` and `path` is set.
struct dial_target {
  /// A DNS name or a numeric address. "localhost" and what ends in it is this machine, whatever a
  /// resolver says (RFC 6761, section 6.3).
  std::string host;
  std::uint16_t port = 0;
  /// A Unix socket.
  std::string path;
};

struct dial_options {
  /// For everything together: looking the name up, and trying each address.
  milliseconds timeout{10'000};
  /// A second address is tried beside a first that is slow (RFC 8305, section 5: 250 ms).
  milliseconds next_address_after{250};
  /// What a failure is called where this is used.
  errc refused = errc::server_unreachable;
  errc timed_out = errc::server_unreachable;
};

/// One attempt. Addresses are tried in the resolver's order, families taking turns; the first that
/// answers wins, and a refusal starts the next one at once. Names are looked up on a thread of
/// Asio's: the loop does not wait. At most 16 addresses are tried.
class dialer {
public:
  using on_done = std::function<void(result<stream_socket>)>;

  /// `done` is called once, from the loop and never from within here; the dialer may be destroyed
  /// in it. Destroying it before that gives up: no call.
  dialer(event_loop& loop, const dial_target& where, dial_options options, on_done done);
  ~dialer();
  dialer(const dialer&) = delete;
  dialer& operator=(const dialer&) = delete;

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// "localhost:3000", "[::1]:80", "unix:/run/app.sock": for messages.
std::string to_string(const dial_target& where);

} // namespace serverme::net

// When a silent peer is asked, and when it counts as gone.
#pragma once

#include "protocol/time.hpp"

#include <algorithm>

namespace serverme {

/// One ping of the agent proves both sides to each other, so the agent asks first: with 10,000 idle
/// agents that halves the edge's work. Who hears enough and says nothing asks too: on a slow uplink
/// the answers of its peer wait behind the upload, and the peer would take it for gone. 5 s + 4 s
/// keeps both within the promised 10 s.
struct heartbeat_limits {
  /// Silence of either side after which we ask; 0: never, the peer does.
  milliseconds ping_after{5000};
  /// Silence after which the peer is gone.
  milliseconds dead_after{9000};
};

class heartbeat {
public:
  enum class verdict : unsigned char { keep_waiting, send_ping, peer_is_dead };

  heartbeat(heartbeat_limits limits, time_point now) noexcept
    : limits_{limits}, heard_{now}, asked_{now}, said_{now} {}

  /// Any byte from the peer proves that it is there.
  void on_bytes(time_point now) noexcept { heard_ = asked_ = now; }

  /// Bytes of ours are on their way to the peer.
  void on_sent(time_point now) noexcept { said_ = now; }

  verdict on_timer(time_point now) noexcept {
    if (now - heard_ >= limits_.dead_after)
      return verdict::peer_is_dead;
    if (limits_.ping_after.count() == 0 || now - std::min(asked_, said_) < limits_.ping_after)
      return verdict::keep_waiting;
    asked_ = said_ = now;
    return verdict::send_ping;
  }

  /// The clock jumped (sleep and wake): what was heard before says nothing. Asks at once and
  /// gives the peer `grace` to answer.
  void on_wake(time_point now, milliseconds grace) noexcept {
    heard_ = now - limits_.dead_after + grace;
    asked_ = now - limits_.ping_after;
  }

private:
  heartbeat_limits limits_;
  time_point heard_;
  time_point asked_; // or heard, if that was later
  time_point said_;
};

} // namespace serverme

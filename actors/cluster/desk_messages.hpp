// Live captures of a tunnel on another node: what the two ends say to each other. Registered, so
// that it may travel.
#pragma once

#include "actors/local_messages.hpp"
#include "actors/messaging.hpp"

#include <vector>

namespace serverme::actors {

/// From now on every capture is sent to `sink` (a capture_sink_actor). Answered by relaying.
/// Errors: api_not_found, too_busy.
struct relay_captures {
  asker who;
  endpoint_id endpoint;
  caf::strong_actor_ptr sink;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, relay_captures& x) {
    return f(x.who, x.endpoint, x.sink);
  }
};

struct relaying {
  endpoint_id endpoint;
  /// Ends with the tunnel, or when the sink does.
  caf::strong_actor_ptr relay;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, relaying& x) {
    return f(x.endpoint, x.relay);
  }
};

/// Answered by captures_taken; few go unanswered at a time.
struct relayed_captures {
  std::vector<capture_found> captures;
  /// Entries that were lost before these.
  std::uint64_t lost = 0;
  /// These are the last.
  bool ended = false;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, relayed_captures& x) {
    return f(x.captures, x.lost, x.ended);
  }
};

struct captures_taken {
  std::uint64_t count = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, captures_taken& x) {
    return f(x.count);
  }
};

} // namespace serverme::actors

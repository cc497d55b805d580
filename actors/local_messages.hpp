// Messages that hold pointers: of captures, which travel to other nodes as bytes, and of feeds,
// which never leave the process.
#pragma once

#include "actors/caf.hpp"
#include "actors/capture_feed.hpp"

#include <memory>
#include <utility>

namespace serverme::actors {

/// The answer to get_capture and replay_capture. Never null.
struct capture_found {
  shared_capture exchange;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, capture_found& x) {
    capture_record record;
    if constexpr (Inspector::reads_state) {
      if (x.exchange)
        record = to_record(*x.exchange);
      return f(record);
    } else {
      if (auto error = f(record))
        return error;
      x.exchange = std::make_shared<const capture>(to_capture(std::move(record)));
      return {};
    }
  }
};

/// Subscribes to an endpoint's captures. Errors: api_not_found.
struct watch_captures {
  asker who;
  endpoint_id endpoint;
  std::shared_ptr<capture_feed> feed; // kept weakly: let go of it to unsubscribe
};

struct watching {
  endpoint_id endpoint;
};

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::watch_captures)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::watching)

// Messages that never leave the process: they hold pointers.
#pragma once

#include "actors/caf.hpp"
#include "actors/capture_feed.hpp"

#include <memory>

namespace serverme::actors {

/// The answer to get_capture and replay_capture. Never null.
struct capture_found {
  shared_capture exchange;
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

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::capture_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::watch_captures)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::watching)

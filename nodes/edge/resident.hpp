// Whatever lives on an edge loop and has time-outs: visitors, greetings, lanes.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

namespace serverme::edge {

class resident {
public:
  virtual ~resident() = default;

  /// About once a second.
  virtual void on_tick(time_point now) = 0;
  /// Lanes or routes changed: who waits for an agent looks again.
  virtual void on_change() {}
  /// The endpoint is no longer served.
  virtual void on_endpoint_gone(endpoint_id) {}
  /// The node is about to stop: who does nothing leaves, who is busy begins nothing new.
  virtual void on_drain() {}
  /// Would somebody notice if it were closed now?
  virtual bool is_busy() const { return false; }
  /// The loop ends: close now.
  virtual void on_shutdown() = 0;
};

} // namespace serverme::edge

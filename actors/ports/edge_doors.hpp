// What actors ask of the event loops of their edge. Knows no actor: the edge implements it.
#pragma once

#include "protocol/capture.hpp"
#include "protocol/lane/messages.hpp"
#include "protocol/route_map.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serverme::actors {

/// Another edge of the cluster.
struct neighbour_edge {
  node_id node;
  /// HOST:PORT, where agents and other edges reach its lanes; empty: it does not say.
  std::string lane_address;
  /// It is about to stop: no place to send agents to.
  bool is_draining = false;

  friend bool operator==(const neighbour_edge&, const neighbour_edge&) = default;
};

/// Every call may come from any thread and returns at once; each reply comes exactly once, on any
/// thread.
class edge_doors {
public:
  virtual ~edge_doors() = default;

  /// Every loop serves by this map from its next turn on.
  virtual void publish_routes(std::shared_ptr<const route_map> routes) = 0;
  /// All other edges that live, those that drain last: the loops keep lanes to them, and tell
  /// agents of them.
  virtual void set_neighbours(std::vector<neighbour_edge>) {}
  /// Listens on a public TCP port for an endpoint. Errors: port_taken, listen_failed.
  virtual void open_port(std::uint16_t port, std::function<void(result<done>)> reply) = 0;
  virtual void close_port(std::uint16_t port) = 0;
  /// Tells the agent, lets streams end for a short time, closes all its lanes.
  virtual void close_session(session_id session, const lane::goaway& why) = 0;
  /// Tells the agent that an endpoint is gone; its streams are reset.
  virtual void drop_endpoint(session_id session, const lane::unbind& what) = 0;
  /// Sends a captured request again, by the endpoint's own route. The answer is a capture that was
  /// also recorded. Errors: agent_away, replay_failed, capture_incomplete.
  virtual void replay(const route& where, const capture& original,
                      std::function<void(result<std::shared_ptr<const capture>>)> reply)
    = 0;
};

} // namespace serverme::actors

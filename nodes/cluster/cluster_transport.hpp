// Introduces CAF to the network of nodes: wires become BASP connections, dials of actors are made.
#pragma once

#include "actors/supervisor.hpp"
#include "actors/transport/node_gateway.hpp"
#include "net/cluster/peer_network.hpp"

#include <functional>
#include <memory>

namespace serverme::nodes {

/// Made after the actor system, whose configuration is an actors::cluster_config of the same run,
/// and destroyed before it.
class cluster_transport {
public:
  /// options.hooks.on_peer is ours.
  /// @errors those of net::peer_network::open(); control_unavailable: the actors did not start
  static result<std::unique_ptr<cluster_transport>> open(
    caf::actor_system& system, net::peer_network_options options,
    std::function<void(const actors::child_failure&)> on_child_failed
    = [](const actors::child_failure&) {});
  /// Cuts all connections and ends the gateway. Waits for nobody but the thread of the connections,
  /// and the gateway.
  ~cluster_transport();
  cluster_transport(const cluster_transport&) = delete;
  cluster_transport& operator=(const cluster_transport&) = delete;

  /// A handle that stays good while the supervisor starts the gateway again.
  actors::gateway_actor gateway() const { return door_.as<actors::gateway_actor>(); }
  const actors::supervisor_actor& supervisor() const noexcept { return supervisor_; }
  net::peer_network& network() noexcept { return *network_; }
  /// Who is connected has to be allowed still. To be called on any thread, also after this is gone.
  std::function<void()> recheck() const;

private:
  explicit cluster_transport(caf::actor_system& system);

  caf::actor_system& system_;
  actors::front_door door_;
  actors::supervisor_actor supervisor_;
  std::shared_ptr<net::peer_network> network_;
};

} // namespace serverme::nodes

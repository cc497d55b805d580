// Introduces CAF to the network of nodes: wires become BASP connections, dials of actors are made.
#pragma once

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
  /// @errors those of net::peer_network::open()
  static result<std::unique_ptr<cluster_transport>> open(caf::actor_system& system,
                                                         net::peer_network_options options);
  /// Cuts all connections and ends the gateway. Waits for nobody but the thread of the connections.
  ~cluster_transport();
  cluster_transport(const cluster_transport&) = delete;
  cluster_transport& operator=(const cluster_transport&) = delete;

  const actors::gateway_actor& gateway() const noexcept { return gateway_; }
  net::peer_network& network() noexcept { return *network_; }
  /// Who is connected has to be allowed still. To be called on any thread, also after this is gone.
  std::function<void()> recheck() const;

private:
  explicit cluster_transport(actors::gateway_actor gateway) noexcept;

  actors::gateway_actor gateway_;
  std::shared_ptr<net::peer_network> network_;
};

} // namespace serverme::nodes

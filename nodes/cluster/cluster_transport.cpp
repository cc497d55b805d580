#include "nodes/cluster/cluster_transport.hpp"

#include <mutex>
#include <utility>

namespace serverme::nodes {

namespace {

/// The gateway exists before the network, and may outlive it.
struct network_slot {
  std::mutex mutex;
  std::weak_ptr<net::peer_network> network;

  std::shared_ptr<net::peer_network> get() {
    std::lock_guard guard{mutex};
    return network.lock();
  }
};

peer_dialer dial_through(std::shared_ptr<network_slot> slot) {
  return [slot = std::move(slot)](const std::string& host, std::uint16_t port,
                                  std::function<void(result<dialed_peer>)> done) {
    if (auto network = slot->get())
      network->dial(host, port, std::move(done));
    else
      done(fail(errc::closed_by_owner, "this node stops"));
  };
}

} // namespace

cluster_transport::cluster_transport(actors::gateway_actor gateway) noexcept
  : gateway_{std::move(gateway)} {}

result<std::unique_ptr<cluster_transport>>
cluster_transport::open(caf::actor_system& system, net::peer_network_options options) {
  auto slot = std::make_shared<network_slot>();
  std::unique_ptr<cluster_transport> made{
    new cluster_transport{actors::spawn_node_gateway(system, dial_through(slot))}};
  options.hooks.on_peer = [gateway = made->gateway_](std::shared_ptr<peer_wire> wire) {
    caf::anon_send(gateway, actors::wire_came{std::move(wire)});
  };
  auto network = net::peer_network::open(std::move(options));
  if (!network)
    return fail(network.error());
  made->network_ = *std::move(network);
  std::lock_guard guard{slot->mutex};
  slot->network = made->network_;
  return made;
}

std::function<void()> cluster_transport::recheck() const {
  return [weak = std::weak_ptr{network_}] {
    if (auto network = weak.lock())
      network->recheck();
  };
}

cluster_transport::~cluster_transport() {
  network_.reset();
  caf::anon_send_exit(gateway_, caf::exit_reason::user_shutdown);
}

} // namespace serverme::nodes

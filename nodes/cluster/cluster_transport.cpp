#include "nodes/cluster/cluster_transport.hpp"

#include "actors/ask.hpp"

#include <mutex>
#include <utility>

namespace serverme::nodes {

namespace {

constexpr milliseconds start_within{5'000};
constexpr milliseconds end_within{3'000};

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

// What is offered, watched or connected while it is started again waits for the next one.
cluster_transport::cluster_transport(caf::actor_system& system)
  : system_{system}, door_{system, "the gateway to other nodes", actors::unheard_facts::wait} {}

result<std::unique_ptr<cluster_transport>>
cluster_transport::open(caf::actor_system& system, net::peer_network_options options,
                        std::function<void(const actors::child_failure&)> on_child_failed) {
  auto slot = std::make_shared<network_slot>();
  std::unique_ptr<cluster_transport> made{new cluster_transport{system}};
  actors::child_spec of_gateway{
    .name = "node_gateway",
    .start =
      [&system, dial = dial_through(slot), memory = std::make_shared<actors::gateway_memory>()] {
        return caf::actor_cast<caf::actor>(actors::spawn_node_gateway(system, dial, memory));
      },
    .door = made->door_};
  made->supervisor_
    = actors::spawn_supervisor(system, {std::move(of_gateway)}, {},
                               {.group = "transport", .on_failed = std::move(on_child_failed)});
  if (auto started
      = actors::ask_and_wait<actor_list>(system, made->supervisor_, start_within, list_actors{});
      !started)
    return fail(started.error());
  options.hooks.on_peer = [gateway = made->gateway()](std::shared_ptr<peer_wire> wire) {
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
  if (supervisor_)
    actors::stop_and_wait(system_, supervisor_, end_within);
  door_.close();
}

} // namespace serverme::nodes

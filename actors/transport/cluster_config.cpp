#include "actors/transport/cluster_config.hpp"

#include "actors/transport/caf_io.hpp"
#include "actors/transport/gateway_messages.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace serverme::actors {

namespace {

using caf_node = caf::node_id::default_data;

} // namespace

cluster_config::cluster_config(const node_identity& self, run_number run)
  : self_{basp_node_of(self, run)} {
  register_types(*this);
  register_gateway_types(*this);
  load<caf::io::middleman>();
  // An actor whose mailbox never runs dry must not keep its thread for itself.
  set("scheduler.max-throughput", std::size_t{50});
  set("scheduler.policy", caf::atom("sharing"));
  // Messages are decoded where they arrive: half the latency, and an end is never handled before
  // what came ahead of it.
  set("middleman.workers", std::size_t{0});
  set("middleman.enable-automatic-connections", false);
  set("middleman.heartbeat-interval", caf::timespan{cluster_heartbeat});
  // CAF would cut a handshake that a heartbeat happens to fall into; net watches for silence.
  set("middleman.connection-timeout", caf::timespan{0});
}

caf::node_id caf_node_of(const basp_node& node) {
  caf_node::host_id_type host{};
  static_assert(sizeof host == basp_node::host_bytes);
  std::ranges::transform(node.host, host.begin(),
                         [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return caf::make_node_id(node.run, host);
}

std::optional<node_id> node_of(const caf::node_id& node) {
  if (!node || node->implementation_id() != caf_node::class_id)
    return std::nullopt;
  auto host = static_cast<const caf_node&>(*node).host_id();
  decltype(basp_node::host) bytes{};
  std::ranges::transform(host, bytes.begin(),
                         [](std::uint8_t byte) { return static_cast<std::byte>(byte); });
  return serverme::node_of(bytes);
}

} // namespace serverme::actors

caf::node_id caf::node_id::default_data::local(const actor_system_config& config) {
  using namespace serverme::actors;
  const auto* ours = dynamic_cast<const cluster_config*>(&config);
  if (ours == nullptr)
    throw std::logic_error{"CAF's network needs a cluster_config"};
  return caf_node_of(ours->self());
}

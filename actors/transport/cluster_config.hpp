// How CAF is set up on a node of a cluster, and which id it has there.
//
// Linking this replaces CAF's own node id, a hash of MAC addresses and the process number, which
// two containers can have in common: they would talk to themselves. CAF asks for it when an actor
// system with a middleman starts; one with another configuration than this does not start.
#pragma once

#include "actors/messaging.hpp"
#include "protocol/cluster/node_identity.hpp"
#include "protocol/time.hpp"

#include <optional>

namespace serverme::actors {

/// Between nodes. The silence after which a peer is gone is net's (peer_limits::silent_after):
/// several of these.
inline constexpr milliseconds cluster_heartbeat{2'000};

class cluster_config : public caf::actor_system_config {
public:
  /// `run`: another one at each start, or handles of the last run would lead to actors of this one.
  cluster_config(const node_identity& self, run_number run);

  const basp_node& self() const noexcept { return self_; }

private:
  basp_node self_;
};

caf::node_id caf_node_of(const basp_node& node);
/// The node that CAF means; nothing when the id is none of ours.
std::optional<node_id> node_of(const caf::node_id& node);

} // namespace serverme::actors

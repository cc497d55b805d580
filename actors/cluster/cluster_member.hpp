// CLUSTER MEMBER: knows who is in the cluster and who lives, and has everybody else know this node.
//
// Owned by  the node's supervisor. It has to be told to exit, or the system never ends.
// Owns      the membership core (docs/membership.md), and the dials that it needs. Links belong to
//           the gateway: it is found there as service "membership", and finds the others' there.
// Fails     without harm: started again, it asks its seeds and whoever is connected, and
// contradicts
//           what was said of it meanwhile. Who watched has to watch again.
#pragma once

#include "actors/transport/node_gateway.hpp"
#include "protocol/cluster/node_address.hpp"
#include "protocol/membership/core.hpp"
#include "protocol/membership/dial_plan.hpp"
#include "protocol/messages/members.hpp"

#include <functional>
#include <vector>

namespace serverme::actors {

/// Its name at every gateway.
inline constexpr auto membership_service = "membership";

/// All that members need of each other: one that is much older or newer has this as well.
using membership_wire = caf::typed_actor<takes<gossip>>;

/// As anybody in the cluster may use it.
using cluster_member_actor
  = caf::typed_actor<takes<gossip>, answers<list_members, member_list>,
                     // The asking actor gets member_news. Errors: too_busy.
                     answers<watch_members, member_list>>;

// -- within a node: not registered, so that nobody else can say them
// --------------------------------

/// What this node says about itself has changed. Errors: gossip_malformed.
struct update_facts {
  membership::facts about;
};

struct facts_updated {};

/// Answered when the others had time to hear the goodbye.
struct leave_cluster {};

struct cluster_left {};

/// The node was removed, and is not listened to. Errors: cluster_full: too many are banned.
struct ban_member {
  node_id who;
};

struct member_banned {};

/// The ban was taken back.
struct unban_member {
  node_id who;
};

/// A node that is not connected may be found there.
struct seed_heard {
  node_id who;
  node_address where;
};

/// As its owner may use it.
using own_member_actor = cluster_member_actor::extend<
  answers<update_facts, facts_updated>, answers<leave_cluster, cluster_left>,
  answers<ban_member, member_banned>, takes<unban_member>, takes<seed_heard>>;

struct cluster_member_options {
  /// @pre membership::check(about)
  membership::facts about;
  /// Nanoseconds of wall-clock time at which this process began: the same after a restart of the
  /// actor, a larger one in every other life of the node.
  std::uint64_t started = 0;
  /// Dialed again and again until their nodes are connected. This node's own cluster address among
  /// them is skipped.
  std::vector<node_address> seeds;
  /// Different in every node and at every start.
  std::uint64_t random_seed = 0;
  /// Both are called on one of CAF's threads.
  std::function<void(const member_news&)> on_news = [](const member_news&) {};
  /// This node has no place in the cluster: its identity lives elsewhere (identity_in_use), it was
  /// removed (node_removed), or is too old or new (version_unsupported). The node has to stop.
  std::function<void(const failure&)> on_conflict = [](const failure&) {};
  membership::limits limits;
  membership::dial_limits dials;
  backoff_limits seed_pauses{.first = milliseconds{200}, .ceiling = milliseconds{5'000}};
  std::size_t watchers_max = 256;
  /// Of those that were heard; the oldest makes room.
  std::size_t heard_seeds_max = 16;
};

/// @pre the gateway is this system's
own_member_actor spawn_cluster_member(caf::actor_system& system, const gateway_actor& gateway,
                                      cluster_member_options options);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::update_facts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::facts_updated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::leave_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::cluster_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::ban_member)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::member_banned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::unban_member)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::seed_heard)

// What the parts of the cluster member share: cluster_member*.cpp only.
#pragma once

#include "actors/cluster/cluster_member.hpp"
#include "actors/probed.hpp"

#include <map>
#include <optional>
#include <set>

namespace serverme::actors {

// Its own messages.

struct member_tick {
  std::uint64_t timer = 0;
};

/// Is the membership of that node offered by now?
struct look_for_member {
  node_id node;
  caf::actor gateway;
  backoff pauses;
};

/// The others had time to hear that this node leaves.
struct goodbye_heard {};

struct cluster_member_state {
  static inline const char* name = "cluster_member";
  cluster_member_state() = default; // declared: CAF would build an aggregate from the actor itself

  struct peer {
    caf::actor gateway;
    /// Memberships, the newest last: of one node, or of two while both claim its identity.
    std::vector<caf::strong_actor_ptr> members;
  };

  struct seed {
    node_address where;
    backoff pauses;
    time_point due{};
    bool dialing = false;
    /// Who it turned out to be.
    std::optional<node_id> node;
    /// Not of the configuration: another one may take its place.
    bool was_heard = false;
  };

  gateway_actor gateway;
  cluster_member_options options;
  std::optional<membership::core> core;
  membership::dice dice{0};
  time_point started{};

  std::map<node_id, peer> peers;
  membership::dial_plan plan;
  std::vector<seed> seeds;

  std::set<caf::actor_addr> watchers; // weak: who watches must not wait for us to end
  std::vector<caf::typed_response_promise<cluster_left>> leaving;

  std::uint64_t timer = 0;
  std::optional<time_point> armed;
  time_point mesh_due{};
  bool ended = false;
  bool left = false;
  /// Of the shell; the core has its own.
  membership_counts counts;
};

using member_with_timers
  = own_member_actor::extend<takes<member_tick>, takes<look_for_member>, takes<goodbye_heard>,
                             takes<peer_up>, takes<peer_down>>;
using member_self = self_pointer<member_with_timers, cluster_member_state>;

/// Carries out what the core wants, and sets the timer: after each call of the core.
void settle(member_self self);

// cluster_member_links.cpp

/// By all links there are; dials when there is none.
void carry(member_self self, membership::outgoing&& what);
/// The membership of a connected node: what waited goes there.
void add_link(member_self self, const node_id& node, const caf::strong_actor_ptr& member);
/// @returns whether it was one
bool drop_link(member_self self, const caf::actor_addr& member);
void find_member(member_self self, const look_for_member& where);
void on_peer_up(member_self self, const peer_up& news);
void on_peer_down(member_self self, const peer_down& news);
void dial_seeds(member_self self);
void hear_seed(member_self self, const seed_heard& news);
/// Whoever lives has a link to everybody it may reach: services of all nodes find each other by
/// those, and a death is noticed when they break.
void complete_mesh(member_self self);

// cluster_member_views.cpp

member_list list_of(member_self self);
member_news news_of(member_self self, const membership::event& what);

/// In [0, 1).
inline double random_of(member_self self) {
  constexpr std::size_t steps = std::size_t{1} << 30U;
  return static_cast<double>(self->state.dice.below(steps)) / static_cast<double>(steps);
}

inline bool is_running(member_self self) { return !self->state.ended && !self->state.left; }

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::member_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::look_for_member)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::goodbye_heard)

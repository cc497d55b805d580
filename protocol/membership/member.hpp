// What is known of one member of the cluster, and which of two tellings of it wins.
//
// The states and incarnations are those of SWIM (Das, Gupta, Motivala: "SWIM: Scalable
// Weakly-consistent Infection-style Process Group Membership Protocol", 2002, section 4.2); the
// run tells one life of a node from the next. docs/membership.md has the rules.
#pragma once

#include "protocol/node.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace serverme::membership {

/// In the order in which they win over each other within one incarnation.
enum class state : std::uint8_t {
  alive = 1,
  /// Did not answer; still counts as a member until the suspicion runs out.
  suspect = 2,
  dead = 3,
  /// Said so itself.
  left = 4,
};

/// What a member says about itself. Texts have no control characters.
struct facts {
  node_roles roles;
  /// For people; at most 64 bytes.
  std::string name;
  /// HOST:PORT, each at most 255 bytes; empty: none. Where other nodes reach its actors, where
  /// edges and workers reach its lanes, and where the world reaches it.
  std::string cluster_address;
  std::string lane_address;
  std::vector<std::string> public_addresses;
  /// "0.1.0"; at most 64 bytes.
  std::string software;
  /// Oldest and newest version of the cluster's messages that it speaks.
  std::uint16_t protocol_min = 1;
  std::uint16_t protocol_max = 1;
  /// Thousandths of what it can do; coarse: announced seldom (limits.hpp).
  std::uint16_t load = 0;
  /// How many sessions or replicas it takes; 0: it does not say.
  std::uint32_t capacity = 0;
  /// It is about to stop: nothing new goes there.
  bool draining = false;
  /// Fields of a later version, as they came; carried on with the rest.
  std::string unknown;

  friend bool operator==(const facts&, const facts&) = default;
};

/// One telling of one member.
struct record {
  node_id id;
  /// Which life of the node: larger than that of any earlier one. A node begins with `started`.
  std::uint64_t run = 0;
  /// Counted up by the member alone, when it contradicts a suspicion or has new facts.
  std::uint32_t incarnation = 0;
  membership::state state = state::alive;
  /// When the process began, in nanoseconds of its wall clock: of two that use one identity, the
  /// one with the smaller number stays. Known when the facts are.
  std::uint64_t started = 0;
  /// Always there when alive; left out where the reader is known to have them.
  std::optional<facts> about;
  /// suspect: who got no answer. Each counts once.
  std::vector<node_id> accusers;

  friend bool operator==(const record&, const record&) = default;
};

/// No run is larger, so that one can always be added.
inline constexpr std::uint64_t run_max = std::uint64_t{1} << 62U;

/// More of them change nothing.
inline constexpr std::size_t accusers_max = 4;

inline bool is_live(state x) { return x == state::alive || x == state::suspect; }

/// Does `telling` say something newer than `known`? Equal ones do not.
inline bool supersedes(const record& telling, const record& known) {
  if (telling.run != known.run)
    return telling.run > known.run;
  if (telling.incarnation != known.incarnation)
    return telling.incarnation > known.incarnation;
  return telling.state > known.state;
}

/// Do both speak a version of the cluster's messages?
inline bool versions_overlap(const facts& a, const facts& b) {
  return a.protocol_min <= b.protocol_max && b.protocol_min <= a.protocol_max;
}

/// May one dial the other? Workers dial out only and may stand behind NAT: two of them never meet
/// and are probed by the others.
inline bool can_reach(node_roles a, node_roles b) {
  constexpr node_roles only_worker{node_role::worker};
  return a != only_worker || b != only_worker;
}

} // namespace serverme::membership

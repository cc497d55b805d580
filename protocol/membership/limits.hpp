// How often and how long: the numbers of the membership protocol, with their reasons.
#pragma once

#include "protocol/time.hpp"

#include <cstddef>

namespace serverme::membership {

/// None of the times depends on the size of the cluster. docs/membership.md has what they lead to.
struct limits {
  /// One member of the shuffled list, and the members this node guards, are asked so often: bounds
  /// the time until somebody asks a node that has just died.
  milliseconds probe_period{500};
  /// Silence after which others are asked to try.
  milliseconds direct_timeout{150};
  /// Silence after which a member is suspected; a late direct answer counts until then. Longer
  /// than a round trip around the earth (300 ms).
  milliseconds probe_timeout{450};
  std::size_t helpers = 3;
  /// How long a suspect may contradict: the longer while one node alone accuses it, the shorter
  /// when `confirmations` others do (Lifeguard: Dadgar, Phillips, Currey, 2017).
  milliseconds suspicion_min{1000};
  milliseconds suspicion_max{1800};
  std::size_t confirmations = 3;
  /// A node that misses answers it should have got, or runs late itself, multiplies its time-outs
  /// by up to this and one more.
  unsigned health_max = 8;
  /// Later than this: this process was stopped or starved, and what it did not hear says nothing.
  milliseconds stall_after{250};

  /// News leaves so often, to so many members, in at most so many messages each while there is
  /// much.
  milliseconds gossip_period{100};
  std::size_t gossip_fanout = 3;
  std::size_t gossip_burst = 4;
  /// Each piece of news leaves a node spread_factor * log2(members + 1) times.
  std::size_t spread_factor = 3;

  /// One random member is asked whether its table is the same.
  milliseconds sync_period{10'000};
  /// The whole table goes to one member at most so often.
  milliseconds sync_gap{500};
  /// Messages in answer to tables of one member in that time. A table of members_max has 11 pages.
  std::size_t corrections_max = 16;
  /// One dead member is tried: a healed partition is found by this.
  milliseconds revive_period{3000};
  /// Seeds are asked again while no member is known.
  milliseconds contact_period{1000};

  /// A partition that lasts longer needs a seed to heal.
  std::chrono::hours dead_kept{24};
  std::chrono::hours left_kept{1};
  /// A change of load is told when it is this large, and so often at most.
  std::uint16_t load_step = 50;
  milliseconds load_period{10'000};

  std::size_t members_max = 1024;
  std::size_t banned_max = 16'384;
  std::size_t contacts_max = 16;
  std::size_t relays_max = 256;
  std::size_t identity_checks_max = 16;
  /// Messages and events that the owner has not taken yet; more are dropped and counted.
  std::size_t outgoing_bytes_max = 4UL * 1024 * 1024;
  std::size_t events_max = 8192;
};

} // namespace serverme::membership

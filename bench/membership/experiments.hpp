// What is measured of simulated clusters.
#pragma once

#include "tests/unit/protocol/membership_cluster.hpp"

namespace serverme::bench {

/// Nodes that are declared dead while they live.
struct false_deaths {
  double node_hours = 0;
  std::size_t suspicions = 0;
  std::size_t deaths = 0;
};

/// `pausing`: share of the nodes that are stopped for 5 to 30 s, one after the other; what is said
/// of those is not counted.
false_deaths measure_false_deaths(std::size_t nodes, double loss, double pausing, seconds time,
                                  std::uint64_t seed);

struct detection {
  /// Seconds from the kill, one for each.
  std::vector<double> first;
  std::vector<double> all;
};

detection measure_detection(std::size_t nodes, std::size_t kills, tests::cluster::ending how,
                            double loss, std::uint64_t seed);

/// Sent by one node, on average.
struct traffic {
  double bytes_per_second = 0;
  double messages_per_second = 0;
  /// Until all see all.
  double seconds_taken = 0;
};

traffic measure_rest(std::size_t nodes, std::uint64_t seed);
/// All nodes but the first start at once and know only the first.
traffic measure_join_storm(std::size_t nodes, std::uint64_t seed);

} // namespace serverme::bench

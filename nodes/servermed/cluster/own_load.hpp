// How much this machine and this process have to do: for people who look at a cluster.
#pragma once

#include <cstdint>

namespace serverme::servermed {

struct own_load {
  /// The system's load average of one minute, divided by the number of processors. 1000: there is
  /// as much to do as can be done.
  std::uint32_t thousandths = 0;
  /// Resident.
  std::uint64_t memory_bytes = 0;
};

/// Zeros where the system does not say.
own_load read_own_load();

} // namespace serverme::servermed

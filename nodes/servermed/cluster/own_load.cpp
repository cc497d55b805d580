#include "nodes/servermed/cluster/own_load.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace serverme::servermed {

own_load read_own_load() {
  own_load out;
  double minute = 0;
  if (::getloadavg(&minute, 1) == 1) {
    auto processors = std::max(1U, std::thread::hardware_concurrency());
    out.thousandths = static_cast<std::uint32_t>(std::clamp(minute * 1'000 / processors, 0.0, 1e9));
  }
  std::uint64_t whole = 0, resident = 0; // pages: proc(5), statm
  if (std::ifstream{"/proc/self/statm"} >> whole >> resident)
    out.memory_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return out;
}

} // namespace serverme::servermed

#include "net/descriptor_limit.hpp"

#include <sys/resource.h>

namespace serverme::net {

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  // Refused: then the old limit holds, and who reaches it is told.
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace serverme::net

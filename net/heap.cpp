#include "net/heap.hpp"

#include <malloc.h>

namespace serverme::net {

void return_large_buffers() noexcept { ::mallopt(M_MMAP_THRESHOLD, 256 * 1024); }

} // namespace serverme::net

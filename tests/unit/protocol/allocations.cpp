#include "tests/unit/protocol/allocations.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> held{0};

void release(void* memory) noexcept {
  held -= ::malloc_usable_size(memory);
  std::free(memory);
}

} // namespace

std::size_t serverme::tests::allocations() noexcept { return count; }
std::size_t serverme::tests::memory_held() noexcept { return held; }

// Every other form of new comes down to this one.
void* operator new(std::size_t size) {
  auto* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr)
    throw std::bad_alloc{};
  ++count;
  held += ::malloc_usable_size(memory);
  return memory;
}

void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }

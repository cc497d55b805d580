// What an edge's exchange with the others did, and what it could not do. For whoever shows numbers:
// it counts on when the exchange is started again.
#pragma once

#include <atomic>
#include <cstdint>

namespace serverme::actors {

struct exchange_counters {
  /// Everything was told to somebody, from the beginning.
  std::atomic<std::uint64_t> tellings{0};
  std::atomic<std::uint64_t> news_sent{0};
  std::atomic<std::uint64_t> news_heard{0};
  /// Of no edge, or of one whose link is gone.
  std::atomic<std::uint64_t> refused{0};
  /// Sessions and routes beyond what is kept of one edge.
  std::atomic<std::uint64_t> left_out{0};
  /// Of visitors here, for another edge; and of visitors there, for this one.
  std::atomic<std::uint64_t> captures_sent{0};
  std::atomic<std::uint64_t> captures_heard{0};
  /// Nobody was told, or nobody wanted to know.
  std::atomic<std::uint64_t> captures_lost{0};
};

} // namespace serverme::actors

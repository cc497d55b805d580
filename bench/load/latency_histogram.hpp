// Latencies in buckets whose width grows with the value, as an HDR histogram has them: every value
// is known to 1/64 of itself, in memory that does not grow with the number of values.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace serverme::load {

class latency_histogram {
public:
  void record(std::uint64_t nanoseconds) noexcept {
    ++counts_[bucket_of(nanoseconds)];
    ++count_;
    sum_ += nanoseconds;
    max_ = std::max(max_, nanoseconds);
  }

  void merge(const latency_histogram& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    max_ = std::max(max_, other.max_);
  }

  /// The value that `share` (0 to 1) of all values do not exceed, rounded up to its bucket's end.
  std::uint64_t percentile(double share) const noexcept {
    auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_) + 0.999999);
    wanted = std::clamp<std::uint64_t>(wanted, 1, std::max<std::uint64_t>(count_, 1));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= wanted)
        return std::min(end_of(i), max_);
    }
    return max_;
  }

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t max() const noexcept { return max_; }
  std::uint64_t mean() const noexcept { return count_ == 0 ? 0 : sum_ / count_; }

private:
  // 64 buckets for each power of two; the first 128 values have one of their own.
  static constexpr unsigned precision_bits = 6;
  static constexpr std::size_t per_octave = std::size_t{1} << precision_bits;

  static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < 2 * per_octave)
      return static_cast<std::size_t>(value);
    auto shift = static_cast<unsigned>(std::bit_width(value)) - precision_bits - 1;
    return shift * per_octave + static_cast<std::size_t>(value >> shift);
  }

  static std::uint64_t end_of(std::size_t bucket) noexcept {
    if (bucket < 2 * per_octave)
      return bucket;
    auto shift = static_cast<unsigned>(bucket / per_octave - 1);
    auto top = static_cast<std::uint64_t>(bucket - shift * per_octave);
    return ((top + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - precision_bits + 1) * per_octave> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

} // namespace serverme::load

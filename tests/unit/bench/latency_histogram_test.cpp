// Percentiles of the load generator: exact for small values, within 1/64 for large ones.
#define CAF_SUITE latency_histogram
#include "bench/load/latency_histogram.hpp"

#include "tests/unit/test.hpp"

using serverme::load::latency_histogram;

CAF_TEST(small values are kept as they are) {
  latency_histogram values;
  for (std::uint64_t value = 1; value <= 100; ++value)
    values.record(value);
  CAF_CHECK_EQUAL(values.percentile(0.5), 50u);
  CAF_CHECK_EQUAL(values.percentile(0.99), 99u);
  CAF_CHECK_EQUAL(values.percentile(1.0), 100u);
  CAF_CHECK_EQUAL(values.count(), 100u);
  CAF_CHECK_EQUAL(values.mean(), 50u);
}

CAF_TEST(large values are known to a sixty fourth) {
  for (std::uint64_t value = 128; value < (1ULL << 62); value = value * 3 + 1) {
    latency_histogram values;
    values.record(value);
    values.record(value * 2); // so that the maximum does not answer
    auto found = values.percentile(0.5);
    CAF_CHECK(found >= value);
    CAF_CHECK(found - value <= value / 64);
  }
}

CAF_TEST(the largest value there is has a bucket) {
  latency_histogram values;
  values.record(~0ULL);
  CAF_CHECK_EQUAL(values.percentile(0.5), ~0ULL);
  CAF_CHECK_EQUAL(values.max(), ~0ULL);
}

CAF_TEST(merging is recording both) {
  latency_histogram slow, fast;
  for (int i = 0; i < 99; ++i)
    fast.record(10);
  slow.record(5'000'000);
  fast.merge(slow);
  CAF_CHECK_EQUAL(fast.count(), 100u);
  CAF_CHECK_EQUAL(fast.percentile(0.99), 10u);
  CAF_CHECK_EQUAL(fast.percentile(0.999), 5'000'000u);
}

CAF_TEST(an empty one has no latency) {
  latency_histogram none;
  CAF_CHECK_EQUAL(none.percentile(0.99), 0u);
  CAF_CHECK_EQUAL(none.mean(), 0u);
}

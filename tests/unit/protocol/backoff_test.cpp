// When to dial again.
#define CAF_SUITE backoff
#include "protocol/backoff.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;

namespace {

constexpr double almost_one = 0.999999;

} // namespace

CAF_TEST(the wait is spread over an interval that doubles up to the ceiling) {
  backoff retry;
  for (auto bound : {250, 500, 1000, 2000, 4000, 8000, 16'000, 20'000, 20'000}) {
    backoff same = retry;
    CAF_CHECK_EQUAL(same.on_failure(0).count(), 0);
    same = retry;
    CAF_CHECK_EQUAL(same.on_failure(0.5).count(), bound / 2);
    CAF_CHECK_EQUAL(retry.on_failure(almost_one).count(), bound - 1);
  }
}

CAF_TEST(a thousand failures do not overflow) {
  backoff retry;
  for (int i = 0; i < 1000; ++i)
    CAF_REQUIRE(retry.on_failure(almost_one) <= milliseconds{20'000});
  CAF_CHECK_EQUAL(retry.on_failure(0.5).count(), 10'000);
}

CAF_TEST(a connection that lasted forgives and one that flaps does not ) {
  backoff retry;
  for (int i = 0; i < 5; ++i)
    retry.on_failure(0.5);
  retry.on_lost(milliseconds{9'999});
  CAF_CHECK_EQUAL(retry.failures(), 5u);
  retry.on_lost(milliseconds{10'000});
  CAF_CHECK_EQUAL(retry.failures(), 0u);
  CAF_CHECK_EQUAL(retry.on_failure(0.5).count(), 125);
}

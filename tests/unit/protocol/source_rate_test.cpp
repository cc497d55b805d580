// How often strangers of one address may come.
#define CAF_SUITE source_rate
#include "protocol/cluster/source_rate.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;
using namespace std::chrono_literals;

namespace {

int takes(source_rate& rate, const std::string& who, time_point now, int tries) {
  auto granted = 0;
  for (int i = 0; i < tries; ++i)
    granted += rate.take(who, now) ? 1 : 0;
  return granted;
}

} // namespace

CAF_TEST(an address has so many tries at once and then so many a second) {
  source_rate rate{{.burst = 10, .per_second = 2}};
  time_point now{};
  CAF_CHECK_EQUAL(takes(rate, "a", now, 100), 10);
  CAF_CHECK_EQUAL(takes(rate, "a", now + 3s, 100), 6);
  CAF_CHECK_EQUAL(takes(rate, "a", now + 1h, 100), 10);
}

CAF_TEST(one address does not use up the tries of another) {
  source_rate rate{{.burst = 3, .per_second = 1}};
  time_point now{};
  CAF_CHECK_EQUAL(takes(rate, "a", now, 100), 3);
  CAF_CHECK_EQUAL(takes(rate, "b", now, 100), 3);
}

CAF_TEST(no number of addresses makes it grow) {
  source_rate rate{{.burst = 3, .per_second = 1, .sources_max = 50}};
  for (int i = 0; i < 10'000; ++i) {
    rate.take(std::to_string(i), time_point{} + milliseconds{i});
    CAF_CHECK(rate.sources() <= 50u);
  }
}

CAF_TEST(a clock that goes back grants nothing) {
  source_rate rate{{.burst = 2, .per_second = 1}};
  time_point now = time_point{} + 1h;
  CAF_CHECK_EQUAL(takes(rate, "a", now, 5), 2);
  CAF_CHECK_EQUAL(takes(rate, "a", now - 1min, 5), 0);
}

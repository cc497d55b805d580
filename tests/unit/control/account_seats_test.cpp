// Who may keep how many calls open.
#define CAF_SUITE account_seats

#include "nodes/control/api/account_seats.hpp"

#include "tests/unit/test.hpp"

#include <optional>

using namespace serverme;
using namespace serverme::control;

namespace {

constexpr account_id ada{1}, bob{2}, cleo{3};

} // namespace

CAF_TEST(an account has its share and leaves the others theirs) {
  account_seats seats{2, 3};
  CAF_CHECK(seats.take(ada));
  CAF_CHECK(seats.take(ada));
  CAF_CHECK(!seats.take(ada));
  CAF_CHECK(seats.take(bob));
  CAF_CHECK(!seats.take(cleo)); // all are taken
  CAF_CHECK_EQUAL(seats.refused(), 2u);
}

CAF_TEST(a seat is free when its last holder lets go) {
  account_seats seats{1, 1};
  CAF_REQUIRE(seats.take(ada));
  auto held = seats.hold(ada);
  auto copy = held;
  held.reset();
  CAF_CHECK(!seats.take(bob));
  copy.reset();
  CAF_CHECK(seats.take(bob));
}

CAF_TEST(a seat may be held longer than there are seats) {
  std::optional<account_seats> seats{std::in_place, 1u, 1u};
  CAF_REQUIRE(seats->take(ada));
  auto held = seats->hold(ada);
  seats.reset();
  held.reset();
}

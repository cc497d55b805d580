// What peers may make us hold: a lane within an account within a loop.
#define CAF_SUITE window_budget
#include "protocol/lane/budget.hpp"
#include "tests/unit/test.hpp"

using serverme::lane::window_budget;

namespace {

struct fixture {
  window_budget node{1000};
  window_budget account{600, &node};
  window_budget lane{400, &account};
  window_budget other{1000, &node};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(window_budget_tests, fixture)

CAF_TEST(what a lane takes counts everywhere above) {
  CAF_CHECK(lane.try_take(400));
  CAF_CHECK_EQUAL(lane.used(), 400u);
  CAF_CHECK_EQUAL(account.used(), 400u);
  CAF_CHECK_EQUAL(node.used(), 400u);
  lane.give_back(400);
  CAF_CHECK_EQUAL(lane.used() + account.used() + node.used(), 0u);
}

CAF_TEST(all levels agree or none takes anything) {
  CAF_CHECK(!lane.try_take(401));
  CAF_CHECK(other.try_take(800));
  CAF_CHECK(!lane.try_take(201));
  CAF_CHECK_EQUAL(lane.used() + account.used(), 0u);
  CAF_CHECK_EQUAL(node.used(), 800u);
  CAF_CHECK(lane.try_take(200));
}

CAF_TEST(a first window is taken beyond the limit and others wait) {
  lane.take(2000);
  CAF_CHECK_EQUAL(node.used(), 2000u);
  CAF_CHECK(!other.try_take(1));
  lane.give_back(2000);
  CAF_CHECK(other.try_take(1));
}

CAF_TEST(giving back more than was taken takes nothing from others) {
  CAF_CHECK(lane.try_take(100));
  lane.give_back(1000);
  CAF_CHECK_EQUAL(lane.used(), 0u);
  CAF_CHECK(!lane.try_take(500));
}

CAF_TEST_FIXTURE_SCOPE_END()

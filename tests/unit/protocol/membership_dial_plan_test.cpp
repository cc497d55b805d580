// Whom a member dials: one dial each, few at once, later after failures; what waits is bounded.
#define CAF_SUITE membership_dial_plan
#include "protocol/membership/dial_plan.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using membership::dial_limits;
using membership::dial_plan;

namespace {

constexpr node_id anna{0, 1}, bob{0, 2}, carl{0, 3};
constexpr double longest = 0.999;

byte_queue text(std::string_view what) {
  byte_queue out;
  out.append(what);
  return out;
}

struct fixture {
  dial_plan plan{dial_limits{.dials_max = 2, .messages_max = 2, .bytes_max = 10}};
  time_point now{seconds{100}};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(dial_plan_tests, fixture)

CAF_TEST(nobody is dialed twice at a time and only few are at once) {
  CAF_CHECK(plan.begin(anna, now));
  CAF_CHECK(!plan.begin(anna, now));
  CAF_CHECK(plan.begin(bob, now));
  CAF_CHECK(!plan.begin(carl, now));
  plan.on_connected(anna, now);
  CAF_CHECK(!plan.begin(anna, now));
  CAF_CHECK(plan.begin(carl, now));
}

CAF_TEST(after each failure the pause is longer) {
  CAF_REQUIRE(plan.begin(anna, now));
  plan.on_failed(anna, now, longest);
  CAF_CHECK(!plan.begin(anna, now + milliseconds{90}));
  CAF_REQUIRE(plan.begin(anna, now + milliseconds{100}));
  plan.on_failed(anna, now + milliseconds{100}, longest);
  CAF_CHECK(!plan.begin(anna, now + milliseconds{290}));
  CAF_CHECK(plan.begin(anna, now + milliseconds{300}));
}

CAF_TEST(a connection that lasted ends the pauses and one that flaps does not ) {
  for (int i = 0; i < 3; ++i) {
    plan.on_connected(anna, now);
    plan.on_disconnected(anna, now, longest);
  }
  CAF_CHECK(!plan.begin(anna, now + milliseconds{390}));
  plan.on_connected(anna, now);
  plan.on_disconnected(anna, now + seconds{20}, longest);
  CAF_CHECK(plan.begin(anna, now + seconds{20} + milliseconds{100}));
}

CAF_TEST(what waits for a dial leaves in order and the oldest of too many is dropped) {
  CAF_CHECK_EQUAL(plan.keep(anna, text("0")), 1u); // nobody dials it
  CAF_REQUIRE(plan.begin(anna, now));
  CAF_CHECK_EQUAL(plan.keep(anna, text("1")), 0u);
  CAF_CHECK_EQUAL(plan.keep(anna, text("2")), 0u);
  CAF_CHECK_EQUAL(plan.keep(anna, text("3")), 1u);
  auto waited = plan.take(anna);
  CAF_REQUIRE_EQUAL(waited.size(), 2u);
  CAF_CHECK_EQUAL(waited.front().text(), "2");
  CAF_CHECK_EQUAL(waited.back().text(), "3");
}

CAF_TEST(what waits for all is bounded and room comes back) {
  CAF_REQUIRE(plan.begin(anna, now) && plan.begin(bob, now));
  CAF_CHECK_EQUAL(plan.keep(anna, text("12345678")), 0u);
  CAF_CHECK_EQUAL(plan.keep(bob, text("123")), 1u);
  CAF_CHECK_EQUAL(plan.on_failed(anna, now, longest), 1u);
  CAF_CHECK_EQUAL(plan.keep(bob, text("1234567890")), 0u);
  CAF_CHECK_EQUAL(plan.dials(), 1u);
}

CAF_TEST(a dial that fails after the other side dialed changes nothing) {
  CAF_REQUIRE(plan.begin(anna, now));
  CAF_REQUIRE_EQUAL(plan.keep(anna, text("1")), 0u);
  plan.on_connected(anna, now);
  CAF_CHECK_EQUAL(plan.on_failed(anna, now, longest), 0u);
  CAF_CHECK_EQUAL(plan.take(anna).size(), 1u);
  CAF_CHECK_EQUAL(plan.dials(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()

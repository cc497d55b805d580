// A tunnel's way from wish to URL, and back to it after what networks do.
#define CAF_SUITE tunnel_binding

#include "cli/tunnel_binding.hpp"

#include "cli/wake_watch.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::cli;
using verdict = tunnel_binding::verdict;

namespace {

struct fixture {
  time_point now{seconds{1000}};
  tunnel_binding http{{.kind = endpoint_kind::http}};

  lane::bound served(std::uint32_t request) const {
    return {.request = request,
            .endpoint = endpoint_id{9},
            .name = "given",
            .port = 0,
            .urls = {"http://given.test"}};
  }
  lane::bound refused(std::uint32_t request, errc why) const {
    return {.request = request, .error = fail(why)};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tunnel_binding_tests, fixture)

CAF_TEST(nothing is asked without a session) { CAF_CHECK(!http.wants_to_ask(now)); }

CAF_TEST(an answer to another question changes nothing) {
  http.on_connected(false, now);
  CAF_REQUIRE(http.wants_to_ask(now));
  http.ask(5, now);
  CAF_CHECK(!http.wants_to_ask(now));
  CAF_CHECK(http.on_bound(served(4), now) == verdict::nothing);
  CAF_CHECK(!http.serves(endpoint_id{9}));
  CAF_CHECK(http.on_bound(served(5), now) == verdict::ready);
  CAF_CHECK(http.serves(endpoint_id{9}));
  CAF_CHECK(http.on_bound(served(5), now) == verdict::nothing);
}

CAF_TEST(a question without an answer is asked again) {
  http.on_connected(false, now);
  http.ask(1, now);
  CAF_CHECK(!http.wants_to_ask(now + seconds{9}));
  CAF_CHECK(http.wants_to_ask(now + seconds{10}));
}

CAF_TEST(a resumed session is served at once and confirmed and another one asks for the name) {
  http.on_connected(false, now);
  http.ask(1, now);
  http.on_bound(served(1), now);
  http.on_disconnected();
  CAF_CHECK(http.on_connected(true, now) == verdict::ready);
  CAF_REQUIRE(http.wants_to_ask(now));
  CAF_CHECK_EQUAL(http.ask(7, now).endpoint.name, "given");
  CAF_CHECK(http.on_bound(refused(7, errc::control_unavailable), now) == verdict::nothing);
  CAF_CHECK(http.serves(endpoint_id{9}));
  now += seconds{1};
  http.ask(8, now);
  CAF_CHECK(http.on_bound(served(8), now) == verdict::nothing);
  CAF_CHECK(!http.wants_to_ask(now + seconds{60}));
  http.on_disconnected();
  CAF_CHECK(http.on_connected(false, now) == verdict::nothing);
  CAF_CHECK(!http.serves(endpoint_id{9}));
  CAF_REQUIRE(http.wants_to_ask(now));
  CAF_CHECK_EQUAL(http.ask(2, now).endpoint.name, "given");
}

CAF_TEST(a tunnel whose session has moved is served by its former id too) {
  http.on_connected(false, now);
  http.ask(1, now);
  http.on_bound(served(1), now);
  CAF_CHECK(http.on_connected(true, now) == verdict::ready);
  http.ask(2, now);
  auto moved = served(2);
  moved.endpoint = endpoint_id{10};
  CAF_CHECK(http.on_bound(moved, now) == verdict::nothing); // its URL is what people know
  CAF_CHECK(http.serves(endpoint_id{9}));
  CAF_CHECK(http.serves(endpoint_id{10}));
  CAF_CHECK(!http.on_unbound({.endpoint = endpoint_id{9}})); // old news of the former edge
  CAF_CHECK(http.on_unbound({.endpoint = endpoint_id{10}}));
  CAF_CHECK(!http.serves(endpoint_id{9}));
}

CAF_TEST(a resumed session asks for what it was not given before) {
  http.on_connected(false, now);
  http.ask(1, now);
  http.on_disconnected();
  CAF_CHECK(http.on_connected(true, now) == verdict::nothing);
  CAF_CHECK(http.wants_to_ask(now));
}

CAF_TEST(a name that was taken over meanwhile is noticed) {
  http.on_connected(false, now);
  http.ask(1, now);
  http.on_bound(served(1), now);
  http.on_disconnected();
  http.on_connected(true, now);
  http.ask(2, now);
  CAF_CHECK(http.on_bound(refused(2, errc::name_taken), now) == verdict::waiting);
  CAF_CHECK(!http.serves(endpoint_id{9}));
}

CAF_TEST(a taken name is waited for but not forever) {
  http.on_connected(false, now);
  auto end = now + binding_limits{}.first_patience;
  std::uint32_t request = 0;
  for (; now < end; now += seconds{1}) {
    CAF_REQUIRE(http.wants_to_ask(now));
    http.ask(++request, now);
    CAF_CHECK(http.on_bound(refused(request, errc::name_taken), now) == verdict::waiting);
    CAF_CHECK(!http.wants_to_ask(now));
  }
  http.ask(++request, now);
  CAF_CHECK(http.on_bound(refused(request, errc::name_taken), now) == verdict::refused);
  CAF_CHECK(http.is_over());
  CAF_CHECK_EQUAL(http.why().code, errc::name_taken);
  CAF_CHECK(!http.wants_to_ask(now + seconds{60}));
}

CAF_TEST(what cannot change is over at once and what is not ours to change never) {
  http.on_connected(false, now);
  http.ask(1, now);
  now += seconds{3600};
  CAF_CHECK(http.on_bound(refused(1, errc::control_unavailable), now) == verdict::waiting);
  http.ask(2, now + seconds{1});
  CAF_CHECK(http.on_bound(refused(2, errc::name_reserved), now) == verdict::refused);
}

CAF_TEST(a closed tunnel stays closed) {
  http.on_connected(false, now);
  http.ask(1, now);
  http.on_bound(served(1), now);
  CAF_CHECK(!http.on_unbound({.endpoint = endpoint_id{8}}));
  CAF_CHECK(http.on_unbound({.endpoint = endpoint_id{9}}));
  CAF_CHECK_EQUAL(http.why().code, errc::closed_by_owner);
  http.on_disconnected();
  CAF_CHECK(http.on_connected(false, now) == verdict::nothing);
  CAF_CHECK(!http.wants_to_ask(now));
}

CAF_TEST(a sleeping machine is noticed by its clocks) {
  wake_watch watch{now, milliseconds{5'000}};
  CAF_CHECK(!watch.on_tick(now + seconds{1}, milliseconds{6'000}));
  CAF_CHECK(watch.on_tick(now + seconds{2}, milliseconds{67'000}));
  CAF_CHECK(!watch.on_tick(now + seconds{3}, milliseconds{68'000}));
  // Stopped rather than asleep: both clocks ran.
  CAF_CHECK(watch.on_tick(now + seconds{33}, milliseconds{98'000}));
}

CAF_TEST_FIXTURE_SCOPE_END()

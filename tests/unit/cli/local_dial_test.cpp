// Reaching a local service: what its target asks for, or a failure.
#define CAF_SUITE local_dial

#include "cli/local_dial.hpp"

#include "tests/unit/cli/stub_edge.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

using dialed = std::optional<result<std::unique_ptr<net::channel>>>;

} // namespace

CAF_TEST(a target that asks for tls gets no byte without it) {
  net::event_loop loop;
  stub_service service{loop}; // would understand plain text
  auto where = service.target();
  where.security = cli::local_security::tls;
  dialed outcome;
  cli::local_dial dial{loop, where, fail(errc::certificate_unreadable, "out of memory"),
                       [&](auto made) { outcome.emplace(std::move(made)); }};
  CAF_REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
  CAF_REQUIRE(!*outcome);
  CAF_CHECK_EQUAL(outcome->error().code, errc::local_bad_response);
  CAF_CHECK(outcome->error().detail.find("out of memory") != std::string::npos);
  CAF_REQUIRE(run_until(
    loop, [&] { return !service.connections.empty() && service.connections.front()->user.ended; }));
  CAF_CHECK(service.connections.front()->user.received.empty());
}

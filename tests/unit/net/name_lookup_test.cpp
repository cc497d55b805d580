// Names are looked up beside each other, and nobody waits for one that hangs.
#define CAF_SUITE name_lookup
#include "net/cluster/name_lookup.hpp"

#include "tests/unit/support/loopback.hpp"
#include "tests/unit/test.hpp"

#include <future>
#include <optional>

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

using addresses = std::vector<std::string>;

/// Names that begin with "slow" are answered when the test says so.
struct stand_in_resolver {
  std::promise<void> open;
  std::shared_future<void> opened = open.get_future().share();

  name_lookup::resolver ask() const {
    return [opened = opened](const std::string& name) -> result<addresses> {
      if (name.starts_with("slow"))
        opened.wait();
      return addresses{"192.0.2.1"};
    };
  }
};

struct fixture {
  void find(name_lookup& names, const std::string& name, std::optional<addresses>& into) {
    names.find(name, [&into](result<addresses> found) { into = found.value_or({}); });
  }

  stand_in_resolver resolver;
  event_loop loop;
  std::optional<addresses> slow, quick;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(name_lookup_tests, fixture)

CAF_TEST(a name that hangs holds up no other) {
  name_lookup names{loop, resolver.ask()};
  find(names, "slow.example.com", slow);
  find(names, "quick.example.com", quick);
  CAF_CHECK(run_until(loop, [&] { return quick.has_value(); }));
  CAF_CHECK(!slow);
  resolver.open.set_value();
  CAF_CHECK(run_until(loop, [&] { return slow.has_value(); }));
}

CAF_TEST(only so many are asked at once and the rest gets its turn) {
  name_lookup names{loop, resolver.ask(), 1};
  find(names, "slow.example.com", slow);
  find(names, "quick.example.com", quick);
  CAF_CHECK(!quick);
  resolver.open.set_value();
  CAF_CHECK(run_until(loop, [&] { return slow && quick; }));
}

CAF_TEST(an address is its own answer) {
  name_lookup names{loop, resolver.ask(), 0};
  find(names, "127.0.0.1", quick);
  find(names, "::1", slow);
  CAF_CHECK(run_until(loop, [&] { return slow && quick; }));
  CAF_CHECK_EQUAL(quick->front(), "127.0.0.1");
}

CAF_TEST(the end waits for no name) {
  {
    name_lookup names{loop, resolver.ask()};
    find(names, "slow.example.com", slow);
  }
  resolver.open.set_value();
  find(*std::make_unique<name_lookup>(loop, resolver.ask()), "1.2.3.4", quick);
  CAF_CHECK(run_until(loop, [&] { return quick.has_value(); }));
  CAF_CHECK(!slow);
}

CAF_TEST(the system knows this machine and not what is invalid) {
  auto here = name_lookup::ask_system("localhost");
  CAF_REQUIRE(here);
  CAF_CHECK(!here->empty());
  CAF_CHECK(name_lookup::ask_system("nobody.invalid").error().code == errc::server_unreachable);
}

CAF_TEST_FIXTURE_SCOPE_END()

// Who was removed is read from a real PostgreSQL, soon after it happened.
#define CAF_SUITE outcast_watch
#include "nodes/control/cluster/outcast_watch.hpp"

#include "tests/unit/control/cluster_fixture.hpp"
#include "tests/unit/support/await.hpp"
#include "tests/unit/test.hpp"

#include <mutex>
#include <optional>

using namespace serverme;
using namespace serverme::control;
using namespace serverme::tests;

namespace {

struct fixture : founded_cluster {
  std::optional<std::vector<node_id>> last() {
    std::lock_guard guard{mutex};
    return told;
  }

  std::mutex mutex;
  std::optional<std::vector<node_id>> told;
  outcast_watch watch{{settings, milliseconds{20}}, [this](std::vector<node_id> all) {
                        std::lock_guard guard{mutex};
                        told = std::move(all);
                      }};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(outcast_watch_tests, fixture)

CAF_TEST(a node is told of from its removal on) {
  CAF_REQUIRE(await([&] { return last().has_value(); }));
  CAF_CHECK(last()->empty());
  redeem_token redeeming{net::sha256(token()), {}, {7, 1}, {"node", "", ""}};
  CAF_REQUIRE(facts.answer(redeeming, ca.signer_for(request.request)));
  CAF_REQUIRE(facts.answer(remove_node{.node = {7, 1}, .by = "a test"}));
  CAF_CHECK(await([&] { return last() == std::vector<node_id>{{7, 1}}; }));
}

CAF_TEST_FIXTURE_SCOPE_END()

// What one node says to another has a name on the wire; what has none is lost there, and only a log
// tells.
#define CAF_SUITE register_types

#include "actors/cluster/edge_exchange.hpp"
#include "actors/cluster/remote_desk.hpp"
#include "actors/name_registry.hpp"
#include "actors/ports/store.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

using namespace serverme;
using namespace serverme::actors;
using namespace serverme::tests;

CAF_TEST_FIXTURE_SCOPE(register_types_tests, actor_fixture)

CAF_TEST(every message of an actor that other nodes ask has a name) {
  auto check = [](const std::set<std::string>& interface) {
    CAF_CHECK(!interface.empty());
    for (const auto& signature : interface) {
      CAF_MESSAGE(signature);
      CAF_CHECK_EQUAL(signature.find("invalid-type"), std::string::npos);
    }
  };
  check(sys.message_types<store_actor>());
  check(sys.message_types<name_registry_actor>());
  check(sys.message_types<remote_desk_actor>());
  check(sys.message_types<edge_exchange_wire>());
}

CAF_TEST_FIXTURE_SCOPE_END()

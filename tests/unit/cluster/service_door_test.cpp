// An edge reaches what control nodes offer, and the next one's when one stops offering or is gone.
#define CAF_SUITE service_door
#include "actors/transport/service_door.hpp"

#include "actors/name_registry.hpp"
#include "actors/transport/caf_io.hpp"
#include "tests/unit/cluster/cluster_fixture.hpp"
#include "tests/unit/test.hpp"

#include <atomic>

using namespace serverme;
using namespace serverme::actors;
using namespace serverme::tests;

namespace {

constexpr auto service = "names";
constexpr milliseconds patience{2'000};

/// A registry that grants everything under one generation, so that one sees which one it was.
name_registry_actor::behavior_type grant_all(name_registry_actor::pointer self,
                                             std::uint64_t generation) {
  self->set_default_handler(caf::drop);
  return {
    [generation](const lease_endpoint& ask) {
      return lease_grant{{.name = ask.name}, serverme::generation{generation}};
    },
    [](const renew_leases&) { return leases_renewed{}; },
    [](const release_lease&) {},
    [](const session_presence&) {},
    [](const session_ended&) {},
  };
}

struct fixture {
  std::unique_ptr<test_node> start(std::uint64_t number) {
    return std::make_unique<test_node>(cluster, number, 1);
  }
  caf::actor offer(test_node& node, std::uint64_t generation) {
    auto made = node.system.spawn(grant_all, generation);
    auto types = node.system.message_types<name_registry_actor>();
    auto whom = caf::actor_cast<caf::actor>(made);
    node.spawned.push_back(whom);
    caf::anon_send(node.transport->gateway(),
                   offer_service{service,
                                 caf::actor_cast<caf::strong_actor_ptr>(made),
                                 {types.begin(), types.end()}});
    return whom;
  }
  void connect(test_node& from, test_node& to) {
    auto connected = ask_and_wait<connected_peer>(
      from.system, from.transport->gateway(), seconds{10}, connect_peer{"127.0.0.1", to.port()});
    CAF_REQUIRE(connected);
  }

  test_cluster cluster;
};

/// An edge's door to the registry.
class edge_door {
public:
  explicit edge_door(test_node& node)
    : node_{node},
      door_{node.system, "the registry"},
      leading_{caf::actor_cast<caf::actor>(spawn(door_))} {}
  ~edge_door() {
    caf::anon_send_exit(leading_, caf::exit_reason::user_shutdown);
    door_.close();
  }

  /// Of the registry that answers; 0: none does.
  std::uint64_t generation() {
    auto grant = ask_and_wait<lease_grant>(node_.system, door_.as<name_registry_actor>(), patience,
                                           lease_endpoint{.name = "shop"});
    return grant ? grant->generation.value : 0;
  }
  int changes() const { return *changes_; }

private:
  service_door_actor spawn(const front_door& door) {
    return spawn_service_door(node_.system, node_.transport->gateway(),
                              {.service = service,
                               .role = node_role::edge, // the test's nodes are
                               .interface = node_.system.message_types<name_registry_actor>(),
                               .door = door,
                               .found = [count = changes_] { ++*count; },
                               .look_every = milliseconds{20},
                               .answer_within = milliseconds{500}});
  }

  test_node& node_;
  std::shared_ptr<std::atomic<int>> changes_ = std::make_shared<std::atomic<int>>(0);
  front_door door_;
  caf::actor leading_;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(service_door_tests, fixture)

CAF_TEST(a registry of another node is found and answers) {
  auto edge = start(1), control = start(2);
  edge_door door{*edge};
  CAF_CHECK_EQUAL(door.generation(), 0u);
  offer(*control, 7);
  connect(*edge, *control);
  CAF_CHECK(await([&] { return door.generation() == 7; }));
  CAF_CHECK_EQUAL(door.changes(), 1);
}

CAF_TEST(the own node is asked as well) {
  auto both = start(1);
  edge_door door{*both};
  offer(*both, 3);
  CAF_CHECK(await([&] { return door.generation() == 3; }));
}

CAF_TEST(when one offers it no more another is found) {
  auto edge = start(1), first = start(2), second = start(3);
  edge_door door{*edge};
  offer(*first, 2);
  connect(*edge, *first);
  connect(*edge, *second);
  CAF_REQUIRE(await([&] { return door.generation() == 2; }));
  caf::anon_send(first->transport->gateway(), withdraw_service{service});
  offer(*second, 3);
  CAF_CHECK(await([&] { return door.generation() == 3; }));
  CAF_CHECK_EQUAL(door.changes(), 2);
}

CAF_TEST(when its node is gone another is found) {
  auto edge = start(1), first = start(2), second = start(3);
  edge_door door{*edge};
  offer(*first, 2);
  connect(*edge, *first);
  CAF_REQUIRE(await([&] { return door.generation() == 2; }));
  offer(*second, 3);
  connect(*edge, *second);
  first.reset();
  CAF_CHECK(await([&] { return door.generation() == 3; }));
}

CAF_TEST(one that ends is forgotten and its successor found) {
  auto edge = start(1), control = start(2);
  edge_door door{*edge};
  auto former = offer(*control, 2);
  connect(*edge, *control);
  CAF_REQUIRE(await([&] { return door.generation() == 2; }));
  caf::anon_send_exit(former, caf::exit_reason::kill);
  CAF_CHECK(await([&] { return door.generation() == 0; }));
  offer(*control, 4);
  CAF_CHECK(await([&] { return door.generation() == 4; }));
}

CAF_TEST(an actor that understands something else is left alone) {
  auto edge = start(1), control = start(2);
  edge_door door{*edge};
  control->offer_echo(service);
  connect(*edge, *control);
  offer(*edge, 5);
  CAF_CHECK(await([&] { return door.generation() == 5; }));
}

CAF_TEST_FIXTURE_SCOPE_END()

// A removed node is turned away by all, as soon as a control node has said so.
#define CAF_SUITE outcast_keeper
#include "actors/cluster/outcast_keeper.hpp"

#include "actors/transport/caf_io.hpp"
#include "actors/transport/service_door.hpp"
#include "tests/unit/cluster/member_node.hpp"
#include "tests/unit/test.hpp"

#include <atomic>

using namespace serverme;
using namespace serverme::tests;

namespace {

/// A node with a keeper, which at an edge asks whichever control node it finds.
struct keeper_node {
  keeper_node(const test_cluster& cluster, std::uint64_t number, member_node_options how)
    : node{cluster, number, how}, door{node.node().system, "removed nodes"} {
    auto& system = node.node().system;
    actors::outcast_keeper_options options{
      .member = node.member(),
      .on_change = [told = told](const std::vector<node_id>& all) { *told = all.size(); },
      .ask_every = milliseconds{50}};
    auto is_control = how.roles.has(node_role::control);
    if (!is_control)
      options.source = door.as<actors::outcast_source_actor>();
    keeper = actors::spawn_outcast_keeper(system, options);
    auto types = system.message_types<actors::outcast_source_actor>();
    auto& spawned = node.node().spawned;
    spawned.push_back(caf::actor_cast<caf::actor>(keeper));
    if (is_control)
      caf::anon_send(node.node().transport->gateway(),
                     actors::offer_service{actors::outcast_service,
                                           caf::actor_cast<caf::strong_actor_ptr>(keeper),
                                           {types.begin(), types.end()}});
    else
      spawned.push_back(caf::actor_cast<caf::actor>(actors::spawn_service_door(
        system, node.node().transport->gateway(),
        {.service = actors::outcast_service, .interface = types, .door = door})));
  }
  ~keeper_node() { door.close(); }

  void hear(std::vector<node_id> all) {
    caf::anon_send(keeper, actors::outcasts_known{std::move(all)});
  }

  member_node node;
  actors::front_door door;
  actors::outcast_keeper_actor keeper;
  std::shared_ptr<std::atomic<std::size_t>> told = std::make_shared<std::atomic<std::size_t>>(0);
};

struct fixture {
  test_cluster cluster;
  keeper_node control{cluster, 1, {.roles = {node_role::control}}};
  keeper_node edge{cluster, 2, {.seeds = {control.node.port()}}};
  member_node removed{cluster, 3, {.seeds = {control.node.port()}}};

  node_id id(std::uint64_t number) const { return cluster.identity(number).node; }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(outcast_keeper_tests, fixture)

CAF_TEST(what a control node says is known at an edge and the node is not listened to) {
  CAF_REQUIRE(await([&] { return edge.node.living() == 3; }));
  control.hear({id(3)});
  CAF_CHECK(await([&] { return *control.told == 1 && *edge.told == 1; }));
  CAF_CHECK(await([&] { return !edge.node.view(3) && !control.node.view(3); }));
  CAF_CHECK(edge.node.view(1) && !edge.node.conflict());
}

CAF_TEST(a node that is told of its own removal stops) {
  CAF_REQUIRE(await([&] { return edge.node.living() == 3; }));
  control.hear({id(9), id(2)});
  CAF_REQUIRE(await([&] { return edge.node.conflict().has_value(); }));
  CAF_CHECK(edge.node.conflict()->code == errc::node_removed);
}

CAF_TEST(a removed node whose certificate has ended needs no mention) {
  CAF_REQUIRE(await([&] { return control.node.living() == 3; }));
  control.hear({id(3)});
  CAF_REQUIRE(await([&] { return !control.node.view(3).has_value(); }));
  control.hear({});
  CAF_CHECK(await([&] { return *control.told == 0 && control.node.view(3).has_value(); }));
}

CAF_TEST_FIXTURE_SCOPE_END()

// Nodes that were told of one other know all, notice who dies, and refuse who has their identity.
#define CAF_SUITE cluster_member
#include "actors/cluster/cluster_member.hpp"

#include "actors/transport/caf_io.hpp"
#include "tests/unit/cluster/member_node.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;
using membership::event_kind;
using membership::state;

namespace {

using node_pointer = std::unique_ptr<member_node>;

struct fixture {
  node_pointer start(std::uint64_t number, member_node_options options = {}) {
    return std::make_unique<member_node>(cluster, number, std::move(options));
  }

  /// All seeded by the first.
  std::vector<node_pointer> start_many(std::uint64_t count) {
    std::vector<node_pointer> out;
    out.push_back(start(1, {.roles = {node_role::edge, node_role::control}}));
    for (std::uint64_t number = 2; number <= count; ++number)
      out.push_back(start(number, {.seeds = {out.front()->port()}}));
    CAF_REQUIRE(await([&] { return all_see(out, count); }));
    return out;
  }

  static bool all_see(const std::vector<node_pointer>& nodes, std::size_t count) {
    return std::ranges::all_of(nodes, [&](const auto& x) { return x->living() == count; });
  }

  test_cluster cluster;
};

milliseconds since(time_point start) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

/// The promise holds on a machine that lets its nodes run.
bool ran_well(const std::vector<node_pointer>& nodes) {
  return std::ranges::all_of(nodes, [](const auto& x) { return x->list().counts.stalls == 0; });
}

/// Of that node, as an actor of another one finds it.
caf::actor find_remotely(test_node& from, std::uint16_t port) {
  auto peer = actors::ask_and_wait<actors::connected_peer>(
    from.system, from.transport->gateway(), seconds{10}, actors::connect_peer{"127.0.0.1", port});
  CAF_REQUIRE(peer);
  auto found = actors::ask_and_wait<actors::service_location>(
    from.system, peer->gateway, seconds{10}, actors::find_service{actors::membership_service});
  CAF_REQUIRE(found);
  return caf::actor_cast<caf::actor>(found->actor);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(cluster_member_tests, fixture)

CAF_TEST(three nodes with one seed see each other) {
  auto begun = std::chrono::steady_clock::now();
  auto nodes = start_many(3);
  auto took = since(begun);
  CAF_MESSAGE("all see all after " << took.count() << " ms");
  CAF_CHECK(took < seconds{3} || !ran_well(nodes));
  auto two = nodes[0]->view(2);
  CAF_CHECK_EQUAL(two->name, "n2");
  CAF_CHECK(two->roles.has(node_role::edge));
  CAF_CHECK_EQUAL(two->cluster_address, "127.0.0.1:" + std::to_string(nodes[1]->port()));
  CAF_CHECK(nodes[0]->list().agreed_version == 1u);
  CAF_CHECK_EQUAL(nodes[0]->heard(event_kind::joined, 3), 1u);
}

CAF_TEST(nodes without seeds see each other once one has heard where the other is) {
  auto one = start(1), two = start(2);
  // Whoever called before has stopped listening meanwhile: more than are remembered.
  for (std::uint16_t gone = 1; gone <= 40; ++gone)
    caf::anon_send(one->member(), actors::seed_heard{{0xabc, 100U + gone}, {"127.0.0.1", gone}});
  auto called = [&] {
    caf::anon_send(one->member(), actors::seed_heard{{0xabc, 2}, {"127.0.0.1", two->port()}});
    return one->living() == 2 && two->living() == 2;
  };
  CAF_CHECK(await(called));
  CAF_CHECK(one->list().counts.dials <= 16 + 40 + 10);
}

CAF_TEST(a member that no seed named is found by gossip and dialed) {
  auto nodes = start_many(4);
  CAF_CHECK(await([&] {
    return std::ranges::all_of(nodes, [](const auto& x) { return x->node().peers() == 3; });
  }));
}

CAF_TEST(a node that is destroyed is dead at the others) {
  auto nodes = start_many(3);
  CAF_REQUIRE(await([&] { return nodes[0]->node().peers() + nodes[1]->node().peers() == 4; }));
  auto died = std::chrono::steady_clock::now();
  nodes.pop_back();
  CAF_REQUIRE(
    await([&] { return nodes[0]->sees(3, state::dead) && nodes[1]->sees(3, state::dead); }));
  auto took = since(died);
  CAF_MESSAGE("dead at both after " << took.count() << " ms");
  CAF_CHECK(took < seconds{3} || !ran_well(nodes));
  CAF_CHECK_EQUAL(nodes[0]->heard(event_kind::died, 3), 1u);
  CAF_CHECK_EQUAL(nodes[0]->heard(event_kind::died, 2), 0u);
}

CAF_TEST(a node that leaves has left and is not suspected) {
  auto nodes = start_many(3);
  CAF_REQUIRE(actors::ask_and_wait<actors::cluster_left>(
    nodes[2]->node().system, nodes[2]->member(), seconds{10}, actors::leave_cluster{}));
  CAF_CHECK(
    await([&] { return nodes[0]->sees(3, state::left) && nodes[1]->sees(3, state::left); }));
  nodes.pop_back();
  CAF_CHECK(await([&] { return nodes[0]->node().peers() == 1; }));
  CAF_CHECK(nodes[0]->sees(3, state::left));
  CAF_CHECK_EQUAL(nodes[0]->heard(event_kind::suspected, 3), 0u);
}

CAF_TEST(a node that starts again is recognised in its new life) {
  auto nodes = start_many(2);
  auto third = start(3, {.seeds = {nodes[0]->port()}});
  CAF_REQUIRE(await([&] { return all_see(nodes, 3); }));
  auto former = nodes[0]->view(3)->run;
  third.reset();
  third = start(3, {.seeds = {nodes[0]->port()}, .run = 2});
  CAF_CHECK(await([&] {
    auto seen = nodes[1]->view(3);
    return seen && seen->run > former && seen->state == state::alive;
  }));
  CAF_CHECK(await([&] { return third->living() == 3; }));
  CAF_CHECK_EQUAL(nodes[0]->heard(event_kind::restarted, 3), 1u);
  CAF_CHECK(!third->conflict());
}

CAF_TEST(of two nodes with one identity the younger is told and the elder notices nothing) {
  auto nodes = start_many(3);
  CAF_REQUIRE(await([&] { return nodes[2]->node().peers() == 2; }));
  auto begun = std::chrono::steady_clock::now();
  auto copy = start(3, {.seeds = {nodes[0]->port()}, .run = 9, .name = "copy"});
  CAF_REQUIRE(await([&] { return copy->conflict().has_value(); }));
  auto took = since(begun);
  CAF_MESSAGE("the copy is told after " << took.count() << " ms");
  CAF_CHECK(copy->conflict()->code == errc::identity_in_use);
  CAF_CHECK(took < seconds{5} || !ran_well(nodes));
  CAF_CHECK(nodes[0]->view(3)->name == "n3" && nodes[1]->view(3)->name == "n3");
  CAF_CHECK(!nodes[2]->conflict());
  CAF_CHECK_EQUAL(nodes[2]->node().peers(), 2u);
  CAF_CHECK_EQUAL(nodes[2]->heard(event_kind::suspected, 1), 0u);
}

CAF_TEST(a seed that starts later is found then) {
  auto early = start(1);
  auto port = early->port();
  early.reset();
  auto waiting = start(2, {.seeds = {port}});
  CAF_REQUIRE(await([&] { return waiting->list().counts.dials_failed > 0; }));
  early = start(1, {.run = 2, .port = port});
  CAF_CHECK(await([&] { return waiting->living() == 2 && early->living() == 2; }));
}

CAF_TEST(an actor that fails and starts again is the same member) {
  auto nodes = start_many(3);
  auto run = nodes[1]->view(1)->run;
  nodes[0]->start_again();
  CAF_CHECK(await([&] { return nodes[0]->living() == 3; }));
  CAF_CHECK(await([&] { return all_see(nodes, 3); }));
  CAF_CHECK(nodes[1]->view(1)->run == run);
  CAF_CHECK_EQUAL(nodes[1]->heard(event_kind::restarted, 1), 0u);
  CAF_CHECK_EQUAL(nodes[1]->heard(event_kind::died, 1), 0u);
}

CAF_TEST(new facts are known to all) {
  auto nodes = start_many(3);
  membership::facts about{.roles = {node_role::edge},
                          .name = "renamed",
                          .cluster_address = nodes[1]->view(2)->cluster_address,
                          .lane_address = {},
                          .public_addresses = {},
                          .software = "test",
                          .draining = true,
                          .unknown = {}};
  auto told = [&] {
    return actors::ask_and_wait<actors::facts_updated>(nodes[1]->node().system, nodes[1]->member(),
                                                       seconds{10}, actors::update_facts{about});
  };
  CAF_REQUIRE(told());
  CAF_CHECK(await([&] {
    auto seen = nodes[2]->view(2);
    return seen->name == "renamed" && seen->draining;
  }));
  about.name = "a\nb";
  CAF_CHECK(told().error().code == errc::gossip_malformed);
}

CAF_TEST(who watches from another node hears of changes) {
  auto nodes = start_many(2);
  auto remote = find_remotely(nodes[1]->node(), nodes[0]->port());
  auto joined = std::make_shared<std::atomic<bool>>(false);
  auto answered = std::make_shared<std::atomic<std::size_t>>(0);
  auto watcher = nodes[1]->node().system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    self->request(remote, seconds{10}, watch_members{})
      .then([answered](const member_list& now) { *answered = now.members.size(); },
            [](const caf::error&) {});
    return {[joined](const member_news& news) {
      if (news.kind == event_kind::joined && news.who.name == "n3")
        *joined = true;
    }};
  });
  CAF_REQUIRE(await([&] { return *answered == 2; }));
  auto third = start(3, {.seeds = {nodes[1]->port()}});
  CAF_CHECK(await([&] { return joined->load(); }));
  caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
}

CAF_TEST(gossip of nobody who is proven is not listened to) {
  auto alone = start(1);
  caf::anon_send(alone->member(), gossip{"SMG"});
  CAF_CHECK(await([&] { return alone->list().counts.messages_refused == 1; }));
  caf::scoped_actor neighbour{alone->node().system};
  neighbour->send(alone->member(), gossip{"SMG"});
  CAF_CHECK(await([&] { return alone->list().counts.messages_refused == 2; }));
  CAF_CHECK(alone->list().counts.messages_in == 0u);
}

CAF_TEST(a node that was removed is not listened to) {
  auto nodes = start_many(2);
  CAF_REQUIRE(actors::ask_and_wait<actors::member_banned>(
    nodes[0]->node().system, nodes[0]->member(), seconds{10},
    actors::ban_member{cluster.identity(2).node}));
  auto refused = nodes[0]->list().counts.messages_refused;
  CAF_CHECK(await([&] { return nodes[0]->list().counts.messages_refused > refused; }));
  CAF_CHECK(!nodes[0]->view(2));
}

CAF_TEST_FIXTURE_SCOPE_END()

// The whole tree: each of its actors may crash, and tunnels go on; and it ends when it is told to.
#define CAF_SUITE edge_actors

#include "tests/unit/actors/tree_fixture.hpp"

#include <chrono>
#include <future>

using namespace serverme;
using namespace serverme::tests;
using namespace serverme::actors;

namespace {

struct fixture : tree_fixture {
  fixture() {
    agent = join("key of alice");
    shop = bind_http(agent.session, "shop").value();
    port = bind_tcp(agent.session, 10001).value();
  }

  void crash(const front_door& door) {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(door.leads_to()), caf::exit_reason::kill);
    sched.run();
    CAF_REQUIRE(door.leads_to() == nullptr);
  }
  void recover() { pass(milliseconds{100}, milliseconds{50}); }

  /// What the tree looks like when nobody has noticed anything.
  void check_whole() {
    CAF_REQUIRE(edge->find("shop.test") != nullptr);
    CAF_CHECK(edge->find("shop.test")->endpoint == shop.endpoint);
    CAF_CHECK(edge->open_ports.contains(10001));
    CAF_CHECK_EQUAL(tunnels_of(as(1)).size(), 2u);
    CAF_CHECK(edge->closed.empty());
    CAF_CHECK(edge->dropped.empty());
    CAF_CHECK(greet("", &agent));
    auto other = join("key of alice");
    CAF_CHECK_EQUAL(code_of(bind_http(other.session, "shop")), errc::name_taken);
    CAF_CHECK_EQUAL(code_of(bind_tcp(other.session, 10001)), errc::port_taken);
  }

  agent_admitted agent;
  endpoint_bound shop, port;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(edge_actors_tests, fixture)

CAF_TEST(a name registry that crashes is taught its leases again) {
  crash(doors.names);
  CAF_CHECK_EQUAL(code_of(bind_http(agent.session, "cafe")), errc::control_unavailable);
  recover();
  check_whole();
  CAF_CHECK(bind_http(agent.session, "cafe"));
}

CAF_TEST(a lease keeper that crashes is told again what sessions hold) {
  crash(tree.all_doors().leases);
  recover();
  pass(seconds{2});
  check_whole();
  pass(seconds{120}, seconds{1}); // and renews it
  check_whole();
}

CAF_TEST(a route table that crashes is taught its routes again) {
  crash(tree.all_doors().routes);
  recover();
  check_whole();
}

CAF_TEST(a tunnel desk that crashes is taught its tunnels again) {
  tree.captures()->give(exchange(shop.endpoint, "GET", "/", 200));
  crash(tree.all_doors().desk);
  recover();
  check_whole();
  auto page
    = answer_of<capture_page>(tree.desk(), list_captures{.who = as(1), .endpoint = shop.endpoint});
  CAF_REQUIRE(page);
  CAF_CHECK_EQUAL(page->captures.size(), 1u);
  CAF_CHECK(answer_of<tunnel_closed>(tree.desk(), close_tunnel{as(1), shop.endpoint}));
}

CAF_TEST(a reception that crashes has its agents come again and get what they had) {
  crash(tree.all_doors().reception);
  CAF_REQUIRE_EQUAL(edge->closed.size(), 1u);
  CAF_CHECK(edge->closed[0] == (std::pair{agent.session, errc::control_unavailable}));
  CAF_CHECK(edge->find("shop.test") == nullptr);
  CAF_CHECK(edge->open_ports.empty());
  recover();
  auto back = greet("key of alice", &agent);
  CAF_REQUIRE(back);
  CAF_CHECK(!back->resume_token.empty());
  lanes(back->session, 1);
  CAF_CHECK(bind_http(back->session, "shop"));
  CAF_CHECK(bind_tcp(back->session, 10001));
}

CAF_TEST(all of them crash one after the other and tunnels go on) {
  for (int round = 0; round < 3; ++round) {
    crash(doors.names);
    crash(tree.all_doors().leases);
    crash(tree.all_doors().routes);
    crash(tree.all_doors().desk);
    pass(seconds{2}, milliseconds{50});
  }
  check_whole();
}

CAF_TEST(the supervisor shows who crashed) {
  crash(tree.all_doors().desk);
  recover();
  auto all = answer_of<actor_list>(tree.supervisor(), list_actors{});
  CAF_REQUIRE(all);
  CAF_REQUIRE_EQUAL(all->actors.size(), 4u);
  CAF_CHECK_EQUAL(all->actors[2].name, "tunnel_desk");
  CAF_CHECK_EQUAL(all->actors[2].restarts, 1u);
  CAF_CHECK_EQUAL(all->actors[2].last_error, "kill");
}

CAF_TEST(who owns the tree hears when it is given up) {
  std::optional<failure> why;
  actors::on_failure(tree.supervisor(), [&why](const failure& reason) { why = reason; });
  for (int i = 0; i < 11 && !why; ++i) {
    auto victim = tree.all_doors().desk.leads_to();
    caf::anon_send_exit(caf::actor_cast<caf::actor>(victim), caf::exit_reason::kill);
    sched.run();
    pass(seconds{6});
  }
  CAF_REQUIRE(why);
  CAF_CHECK_EQUAL(why->code, errc::control_unavailable);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(trees with sessions in them end in time on real threads) {
  auto edge = std::make_shared<recording_edge>();
  auto facts = std::make_shared<store_facts>();
  facts->add_key("key", 1, 1);
  auto began = std::chrono::steady_clock::now();
  {
    actor_config config;
    config.set("scheduler.max-threads", std::size_t{2});
    caf::actor_system system{config};
    {
      control_doors doors{{system, "the store"}, {system, "the name registry"}};
      edge_actors tree{
        system,         doors.store.as<store_actor>(), names_of(doors), plain_world(), edge,
        test_settings()};
      control_actors control{system, doors, plain_world(), control_settings(system, facts, tree)};
      CAF_REQUIRE(tree.await_start(seconds{10}));
      CAF_REQUIRE(control.await_start(seconds{10}));
      for (int i = 0; i < 20; ++i) {
        auto admitted = ask_and_wait<agent_admitted>(system, tree.reception(), seconds{10},
                                                     greet_agent{.key_hash = digest_of("key")});
        CAF_REQUIRE(admitted);
        CAF_CHECK(ask_and_wait<endpoint_bound>(system, tree.reception(), seconds{10},
                                               bind_endpoint{admitted->session, {}}));
      }
      CAF_CHECK(tree.stop(seconds{10}));
      CAF_CHECK(tree.stop(seconds{10}));
      auto late = ask_and_wait<agent_admitted>(system, tree.reception(), seconds{10},
                                               greet_agent{.key_hash = digest_of("key")});
      CAF_CHECK_EQUAL(code_of(late), errc::control_unavailable);
      CAF_CHECK(control.stop(seconds{10}));
    }
  }
  CAF_CHECK(std::chrono::steady_clock::now() - began < seconds{10});
  CAF_CHECK_EQUAL(edge->closed.size(), 20u);
}

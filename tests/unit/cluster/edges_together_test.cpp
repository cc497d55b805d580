// Whole trees of two edges: an agent's session is known on both, has lanes on both, and moves; and
// its tunnel is served on both, whichever of their actors fails.
#define CAF_SUITE edges_together
#include "actors/control_actors.hpp"
#include "actors/edge_actors.hpp"
#include "tests/unit/cluster/exchange_stand.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::actors;
using namespace serverme::tests;

namespace {

constexpr milliseconds patience{10'000};

/// Edges must not give the same ids.
world world_of(std::uint64_t number) {
  auto outside = plain_world();
  outside.random
    = [count = std::make_shared<std::atomic<std::uint64_t>>(number << 32)] { return ++*count; };
  return outside;
}

class whole_edge {
public:
  whole_edge(const test_cluster& cluster, std::uint64_t number,
             std::vector<std::uint16_t> seeds = {})
    : member{cluster, number, {.seeds = std::move(seeds)}},
      doors{{system(), "the store"}, {system(), "the name registry"}},
      id{0xabc, number},
      tree{system(),
           doors.store.as<store_actor>(),
           doors.names.as<name_registry_actor>(),
           world_of(number),
           loops,
           settings()},
      control{system(), doors, world_of(number), {.start_store = [this] {
                return caf::actor_cast<caf::actor>(spawn_store(system(), facts));
              }}} {
    facts->add_key("key of alice", 1, 1);
    if (!tree.await_start(patience) || !control.await_start(patience))
      throw std::runtime_error{"an edge did not start"};
  }
  ~whole_edge() {
    tree.stop(patience);
    control.stop(patience);
  }

  result<agent_admitted> greet(greet_agent hello) {
    hello.agent = "agent/1";
    return ask<agent_admitted>(std::move(hello));
  }
  void lanes(session_id session, std::uint32_t count) {
    caf::anon_send(tree.reception(), lanes_changed{session, count});
  }
  result<endpoint_bound> bind(session_id session, const std::string& name) {
    return ask<endpoint_bound>(bind_endpoint{session, {.name = name}});
  }
  /// nullptr: it does not serve that.
  std::shared_ptr<const session_places> places(const std::string& host) const {
    auto map = loops->map();
    const auto* found = map->find_host(host);
    return found == nullptr ? nullptr : found->places;
  }
  bool serves(const std::string& host) const { return loops->map()->find_host(host) != nullptr; }
  bool knows(session_id session) {
    return ask_and_wait<remote_session>(system(), tree.exchange(), patience,
                                        find_remote_session{session})
      .has_value();
  }
  void crash(const front_door& door) {
    auto former = door.leads_to();
    caf::anon_send_exit(caf::actor_cast<caf::actor>(former), caf::exit_reason::kill);
    CAF_REQUIRE(await([&] { return door.leads_to() != nullptr && door.leads_to() != former; }));
  }
  caf::actor_system& system() { return member.node().system; }

  member_node member;
  std::shared_ptr<map_edge> loops = std::make_shared<map_edge>();
  std::shared_ptr<store_facts> facts = std::make_shared<store_facts>();
  control_doors doors;
  node_id id;
  edge_actors tree;
  control_actors control;

private:
  template <class Reply, class Request>
  result<Reply> ask(Request question) {
    return ask_and_wait<Reply>(system(), tree.reception(), patience, std::move(question));
  }
  edge_actor_settings settings() {
    edge_actor_settings out;
    out.cluster = place_in_cluster{member.node().transport->gateway(), member.member()};
    out.reception.session.addresses = {"test", 8080, 8443};
    out.reception.session.here = id;
    return out;
  }
};

struct fixture {
  fixture() {
    admitted = one.greet({.key_hash = digest_of("key of alice")}).value();
    one.lanes(admitted.session, 1);
    CAF_REQUIRE(one.bind(admitted.session, "shop"));
    CAF_REQUIRE(await([&] { return two.serves("shop.test") && two.knows(admitted.session); }));
  }

  /// The agent, with its token.
  greet_agent again(lane_purpose purpose) const {
    return {.token_hash = digest_of(admitted.resume_token),
            .session = admitted.session,
            .purpose = purpose};
  }
  void be_companion() {
    auto there = two.greet(again(lane_purpose::companion));
    CAF_REQUIRE(there);
    CAF_CHECK(there->session == admitted.session);
    two.lanes(admitted.session, 1);
    CAF_REQUIRE(await_ways(one, {two.id}));
  }
  static bool await_ways(const whole_edge& edge, const std::vector<node_id>& others) {
    return await([&] {
      auto places = edge.places("shop.test");
      return places && places->others == others;
    });
  }

  test_cluster cluster;
  whole_edge one{cluster, 1}, two{cluster, 2, {one.member.port()}};
  agent_admitted admitted;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(edges_together_tests, fixture)

CAF_TEST(a tunnel of one edge leads there from the other) {
  CAF_CHECK(await_ways(two, {one.id}));
  CAF_CHECK(two.places("shop.test")->home == one.id);
}

CAF_TEST(lanes on a second edge are places of the session on both) {
  be_companion();
  CAF_CHECK(await_ways(two, {one.id}));
  two.lanes(admitted.session, 0);
  CAF_CHECK(await([&] { return one.serves("shop.test") && !one.places("shop.test"); }));
}

CAF_TEST(another token than that of the session is refused on the other edge) {
  auto stranger = again(lane_purpose::companion);
  stranger.token_hash = digest_of("a guess");
  auto outcome = two.greet(stranger);
  CAF_REQUIRE(!outcome);
  CAF_CHECK_EQUAL(outcome.error().code, errc::resume_refused);
}

CAF_TEST(a session that comes to the other edge is served there and leads there) {
  auto moved = two.greet(again(lane_purpose::home));
  CAF_REQUIRE(moved);
  CAF_CHECK(moved->session == admitted.session);
  two.lanes(admitted.session, 1);
  CAF_REQUIRE(two.bind(admitted.session, "shop"));
  CAF_CHECK(await([&] { return two.serves("shop.test") && !two.places("shop.test"); }));
  CAF_CHECK(await([&] {
    auto places = one.places("shop.test");
    return places && places->home == two.id;
  }));
}

CAF_TEST(exchanges that fail find everything again) {
  be_companion();
  one.crash(one.tree.all_doors().exchange);
  two.crash(two.tree.all_doors().exchange);
  CAF_CHECK(one.serves("shop.test") && two.serves("shop.test"));
  CAF_CHECK(await([&] { return two.knows(admitted.session); }));
  CAF_CHECK(await_ways(two, {one.id}));
  CAF_CHECK(await_ways(one, {two.id}));
  CAF_REQUIRE(one.bind(admitted.session, "cafe"));
  CAF_CHECK(await([&] { return two.serves("cafe.test"); }));
}

CAF_TEST(route tables that fail find everything again) {
  one.crash(one.tree.all_doors().routes);
  two.crash(two.tree.all_doors().routes);
  CAF_CHECK(await([&] { return one.serves("shop.test"); }));
  CAF_CHECK(await_ways(two, {one.id}));
}

CAF_TEST_FIXTURE_SCOPE_END()

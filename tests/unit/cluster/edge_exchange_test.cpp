// Edges that tell each other their sessions and routes over real connections: who serves what, who
// has whose session, and what becomes of it when an edge is lost or a part of one starts again.
#define CAF_SUITE edge_exchange
#include "tests/unit/cluster/exchange_stand.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::actors;
using namespace serverme::tests;

namespace {

constexpr milliseconds soon{1'000};

session_record record(std::uint64_t session, std::vector<node_id> lanes_at) {
  return {.session = {session},
          .account = {1},
          .key = {3},
          .token_hash = "token of " + std::to_string(session),
          .lanes_at = std::move(lanes_at)};
}

template <class T>
errc code_of(const result<T>& outcome) {
  return outcome ? errc{} : outcome.error().code;
}

struct fixture {
  /// Two edges that know each other.
  void start_two(milliseconds kept_for = seconds{30}) {
    one
      = std::make_unique<exchange_stand>(cluster, 1, exchange_stand_options{.kept_for = kept_for});
    two = std::make_unique<exchange_stand>(
      cluster, 2, exchange_stand_options{.seeds = {one->port()}, .kept_for = kept_for});
    await_links();
  }
  void await_links() {
    await_word(*one, *two);
    await_word(*two, *one);
  }
  /// Until it hears of a session there.
  void await_word(exchange_stand& who, exchange_stand& there) {
    there.tell(record(999, {there.id()}));
    CAF_REQUIRE(await([&] { return who.find(999).has_value(); }));
    there.forget(999);
    CAF_REQUIRE(await([&] { return !who.find(999).has_value(); }));
  }

  test_cluster cluster;
  std::unique_ptr<exchange_stand> one, two;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(edge_exchange_tests, fixture)

CAF_TEST(a name that one edge serves is served by the others within a second) {
  start_two();
  exchange_stand three{cluster, 3, {.seeds = {two->port()}}};
  await_word(three, *one);
  one->tell(record(7, {one->id()}));
  CAF_REQUIRE(one->serve(7, "shop.test"));
  CAF_CHECK(await([&] { return two->serves("shop.test") && three.serves("shop.test"); }, soon));
  CAF_REQUIRE(two->serves("shop.test"));
  auto places = two->look_up("shop.test")->places;
  CAF_REQUIRE(places);
  CAF_CHECK(places->home == one->id());
  CAF_CHECK(places->others == std::vector{one->id()});
  one->withdraw(7);
  CAF_CHECK(await([&] { return !two->serves("shop.test") && !three.serves("shop.test"); }, soon));
}

CAF_TEST(an edge that joins hears of everything there is) {
  one = std::make_unique<exchange_stand>(cluster, 1);
  for (std::uint64_t i = 1; i <= 1'000; ++i)
    CAF_REQUIRE(one->serve(i, std::to_string(i) + ".test"));
  two
    = std::make_unique<exchange_stand>(cluster, 2, exchange_stand_options{.seeds = {one->port()}});
  CAF_CHECK(await([&] {
    auto heard = two->ask<actors::all_heard>(actors::are_all_heard{});
    return two->member.living() == 2 && heard && heard->are;
  }));
  CAF_CHECK(await([&] { return two->edge->map()->size() == 1'000; }, milliseconds{500}));
}

CAF_TEST(five thousand routes are a few messages and a few maps) {
  start_two();
  auto messages = one->counters->news_sent.load();
  auto maps = two->edge->publications();
  for (std::uint64_t i = 1; i <= 5'000; ++i)
    CAF_REQUIRE(one->serve(i, std::to_string(i) + ".test"));
  CAF_CHECK(await([&] { return two->edge->map()->size() == 5'000; }, soon));
  CAF_CHECK_LESS(one->counters->news_sent - messages, 1'000u);
  CAF_CHECK_LESS(two->edge->publications() - maps, 1'000);
}

CAF_TEST(a session is known to other edges by its token and where it has lanes) {
  start_two();
  CAF_CHECK_EQUAL(code_of(two->find(7)), errc::resume_refused);
  one->tell(record(7, {one->id()}));
  CAF_REQUIRE(await([&] { return two->find(7).has_value(); }, soon));
  auto found = two->find(7).value();
  CAF_CHECK(found.home == one->id());
  CAF_CHECK(found.is_reachable);
  CAF_CHECK(found.record == record(7, {one->id()}));
  CAF_REQUIRE(one->serve(7, "shop.test"));
  one->tell(record(7, {one->id(), two->id()}));
  // Its companion has lanes of its own; the home's routes lead to the companion as well.
  CAF_CHECK(await([&] {
    auto own = one->look_up("shop.test");
    return own && own->places && own->places->others == std::vector{two->id()};
  }));
  CAF_CHECK(await([&] {
    return two->find(7).value().record.lanes_at == std::vector{one->id(), two->id()};
  }));
}

CAF_TEST(a session ends for the others with the actor that told it) {
  start_two();
  {
    caf::scoped_actor session{one->system()};
    session->send(one->exchange(), tell_session{record(7, {one->id()})});
    CAF_REQUIRE(await([&] { return two->find(7).has_value(); }));
  }
  CAF_CHECK(await([&] { return !two->find(7).has_value(); }));
}

CAF_TEST(routes of a lost edge stay for a while and then go) {
  start_two(milliseconds{1'500});
  two->tell(record(7, {two->id(), one->id()}));
  CAF_REQUIRE(two->serve(7, "shop.test"));
  CAF_REQUIRE(await([&] { return one->serves("shop.test") && one->find(7).has_value(); }));
  two.reset();
  CAF_CHECK(await([&] {
    auto found = one->find(7);
    return found && !found->is_reachable;
  }));
  CAF_CHECK(one->serves("shop.test"));
  CAF_CHECK(await([&] { return !one->serves("shop.test") && !one->find(7).has_value(); }));
}

CAF_TEST(an edge that was started again is told and tells everything) {
  start_two();
  CAF_REQUIRE(one->serve(7, "shop.test"));
  CAF_REQUIRE(two->serve(8, "cafe.test"));
  CAF_REQUIRE(await([&] { return one->serves("cafe.test") && two->serves("shop.test"); }));
  auto port = two->port();
  two.reset();
  two = std::make_unique<exchange_stand>(
    cluster, 2, exchange_stand_options{.seeds = {one->port()}, .run = 2, .port = port});
  CAF_CHECK(await([&] { return two->serves("shop.test"); }));
  CAF_CHECK(await([&] { return !one->serves("cafe.test"); })); // of the life before
  CAF_REQUIRE(two->serve(9, "bar.test"));
  CAF_CHECK(await([&] { return one->serves("bar.test"); }));
}

CAF_TEST(an exchange that was started again finds everything and nothing is missed meanwhile) {
  start_two();
  CAF_REQUIRE(one->serve(7, "shop.test"));
  CAF_REQUIRE(two->serve(8, "cafe.test"));
  CAF_REQUIRE(await([&] { return one->serves("cafe.test") && two->serves("shop.test"); }));
  one->restart_exchange();
  CAF_CHECK(one->serves("cafe.test"));
  CAF_REQUIRE(one->serve(9, "bar.test"));
  CAF_REQUIRE(two->serve(10, "club.test"));
  two->withdraw(8);
  CAF_CHECK(await([&] { return two->serves("bar.test") && one->serves("club.test"); }));
  CAF_CHECK(await([&] { return !one->serves("cafe.test"); }));
  CAF_CHECK(two->serves("shop.test"));
}

CAF_TEST(a route table that was started again is given what others serve) {
  start_two();
  CAF_REQUIRE(one->serve(7, "shop.test"));
  CAF_REQUIRE(two->serve(8, "cafe.test"));
  CAF_REQUIRE(await([&] { return one->serves("cafe.test") && two->serves("shop.test"); }));
  one->restart_table();
  CAF_REQUIRE(
    one->serve(9, "bar.test")); // its sessions repeat themselves: this one is all there is
  CAF_CHECK(await([&] { return one->serves("cafe.test") && two->serves("bar.test"); }));
  CAF_CHECK(await([&] { return !two->serves("shop.test"); }));
}

CAF_TEST(lanes of a companion are told to the home and repeated when that has forgotten) {
  start_two();
  one->tell(record(7, {one->id()}));
  CAF_REQUIRE(await([&] { return two->find(7).has_value(); }));
  two->say(tell_home{{session_id{7}, 2}});
  CAF_CHECK(await([&] { return one->sessions->lanes({7}, two->id()) == 2u; }, soon));
  {
    std::lock_guard guard{one->sessions->mutex};
    one->sessions->companions.clear();
  }
  one->restart_exchange();
  one->tell(record(7, {one->id()}));
  CAF_CHECK(await([&] { return one->sessions->lanes({7}, two->id()) == 2u; }));
  two->say(tell_home{{session_id{7}, 0}});
  CAF_CHECK(await([&] { return one->sessions->lanes({7}, two->id()) == 0u; }, soon));
}

CAF_TEST(a companion that is lost has no lanes any more) {
  start_two();
  one->tell(record(7, {one->id(), two->id()}));
  one->tell(record(8, {one->id()}));
  two.reset();
  CAF_CHECK(await([&] { return one->sessions->lanes({7}, {0xabc, 2}) == 0u; }));
  CAF_CHECK(!one->sessions->lanes({8}, {0xabc, 2}));
}

CAF_TEST(a session that comes here ends at its former home) {
  start_two();
  {
    std::lock_guard guard{one->sessions->mutex};
    one->sessions->here.push_back({7});
  }
  one->tell(record(7, {}));
  CAF_REQUIRE(await([&] { return two->find(7).has_value(); }));
  auto moved = two->ask<moved_here>(move_here{{7}, "token of 7"});
  CAF_REQUIRE(moved);
  CAF_CHECK(moved->has_ended);
  CAF_REQUIRE_EQUAL(one->sessions->moves(), 1u);
  CAF_CHECK(one->sessions->moved.front() == (session_moved{{7}, "token of 7"}));
}

CAF_TEST(a session whose former home is away comes at once and that hears of it later) {
  start_two();
  one->tell(record(7, {}));
  CAF_REQUIRE(await([&] { return two->find(7).has_value(); }));
  auto port = one->port();
  one.reset();
  CAF_REQUIRE(await([&] { return !two->find(7).value().is_reachable; }));
  auto moved = two->ask<moved_here>(move_here{{7}, "token of 7"});
  CAF_REQUIRE(moved);
  CAF_CHECK(!moved->has_ended);
  one = std::make_unique<exchange_stand>(
    cluster, 1,
    exchange_stand_options{.seeds = {two->port()}, .run = 2, .port = port, .sessions = {{7}}});
  CAF_CHECK(await([&] { return one->sessions->moves() > 0; }));
}

CAF_TEST(what visitors of another edge did is recorded and counted at the home) {
  start_two();
  CAF_REQUIRE(one->serve(7, "shop.test"));
  CAF_REQUIRE(await([&] { return two->serves("shop.test"); }));
  auto arrived = one->captures->open({7}, [] {});
  for (int i = 0; i < 50; ++i)
    two->captures->give(exchange({7}, "GET", "/" + std::to_string(i), 200));
  std::vector<shared_capture> seen;
  CAF_CHECK(await([&] {
    auto batch = arrived->take();
    seen.insert(seen.end(), batch.captures.begin(), batch.captures.end());
    return seen.size() == 50;
  }));
  CAF_REQUIRE_EQUAL(seen.size(), 50u);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CAF_CHECK_EQUAL(seen[i]->target, "/" + std::to_string(i));
    CAF_CHECK_EQUAL(seen[i]->id.value, i + 1);
  }
  CAF_CHECK_EQUAL(two->counters->captures_sent.load(), 50u);
  CAF_CHECK_EQUAL(two->counters->captures_lost.load(), 0u);
}

CAF_TEST(usage of another edge is added to that of the tunnel) {
  start_two();
  CAF_REQUIRE(one->serve(7, "shop.test"));
  CAF_REQUIRE(await([&] { return two->serves("shop.test"); }));
  caf::scoped_actor session{one->system()};
  session->send(one->desk,
                tunnel_opened{{.endpoint = {7}, .name = "shop", .owner = {1}, .session = {7}}});
  two->say(usage_report{{{{7}, 3, 30, 300}, {{8}, 1, 1, 1}}});
  CAF_CHECK(await([&] {
    auto view = ask_and_wait<tunnel_view>(one->system(), one->desk, seconds{5},
                                          get_tunnel{asker{account_id{1}}, {7}});
    return view && view->visits == 3 && view->bytes_in == 30 && view->bytes_out == 300;
  }));
}

CAF_TEST(captures of endpoints that nobody has are dropped and counted) {
  start_two();
  two->captures->give(exchange({77}, "GET", "/", 200));
  CAF_CHECK(await([&] { return two->counters->captures_lost == 1u; }));
}

CAF_TEST(loops are told of the other edges and those that drain are last) {
  start_two();
  exchange_stand three{cluster, 3, {.seeds = {two->port()}}};
  two->set_lanes("127.0.0.1:1002", true);
  three.set_lanes("127.0.0.1:1003");
  CAF_CHECK(await([&] {
    return one->edge->neighbours()
           == std::vector<neighbour_edge>{{three.id(), "127.0.0.1:1003"},
                                          {two->id(), "127.0.0.1:1002", true}};
  }));
  two.reset();
  CAF_CHECK(await([&] { return one->edge->neighbours().size() == 1; }));
}

CAF_TEST(a node that is no edge is not heard) {
  start_two();
  node_roles roles{node_role::control};
  echo_config config{cluster.identity(9, roles), 1};
  caf::actor_system system{config};
  auto transport = nodes::cluster_transport::open(system, {.credentials = cluster.join(9, roles),
                                                           .run = 1,
                                                           .listen = net::address{"127.0.0.1", 0}})
                     .value();
  auto there = ask_and_wait<connected_peer>(system, transport->gateway(), seconds{10},
                                            connect_peer{"127.0.0.1", one->port()});
  CAF_REQUIRE(there);
  auto found = ask_and_wait<service_location>(system, there->gateway, seconds{10},
                                              find_service{edge_exchange_service});
  CAF_REQUIRE(found);
  auto exchange = caf::actor_cast<edge_exchange_wire>(found->actor);
  edge_news lie{.telling = 1, .number = 1, .is_whole = true};
  lie.routes.push_back({.endpoint = {6}, .host = "shop.test", .generation = {99}});
  auto answer = ask_and_wait<edge_news_taken>(system, exchange, seconds{10}, std::move(lie));
  CAF_CHECK_EQUAL(code_of(answer), errc::control_unavailable);
  CAF_CHECK_GREATER_OR_EQUAL(one->counters->refused.load(), 1u);
  CAF_CHECK(!one->serves("shop.test"));
}

CAF_TEST_FIXTURE_SCOPE_END()

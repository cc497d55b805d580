// What an edge serves: publication, generations, owners, and ports that change hands.
#define CAF_SUITE route_table

#include "actors/route_table.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;
using namespace serverme::actors;

namespace {

constexpr node_id two{0, 2}, three{0, 3};

struct fixture : actor_fixture {
  fixture() {
    table = guard(
      spawn_route_table(sys, edge, {.on_port_refused = [this](std::uint16_t port, const failure&) {
                          refused.push_back(port);
                        }}));
  }

  /// Another edge tells what it serves.
  void hears(node_id home, std::vector<route> routes) {
    tell(table, neighbour_routes{.home = home, .routes = std::move(routes)});
    pass(milliseconds{100});
  }

  route http(std::uint64_t endpoint, std::uint64_t under, std::string host = "shop.test") {
    return {.endpoint = endpoint_id{endpoint},
            .host = std::move(host),
            .session = session_id{endpoint},
            .generation = generation{under}};
  }
  route tcp(std::uint64_t endpoint, std::uint64_t under, std::uint16_t port) {
    auto entry = http(endpoint, under, "");
    entry.kind = endpoint_kind::tcp;
    entry.port = port;
    return entry;
  }
  result<route_served> serve(caf::scoped_actor& who, route entry) {
    return answer_to<route_served>(who, table, serve_route{std::move(entry)});
  }

  std::shared_ptr<recording_edge> edge = std::make_shared<recording_edge>();
  route_table_actor table;
  std::vector<std::uint16_t> refused;
  caf::scoped_actor first{sys}, second{sys};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(route_table_tests, fixture)

CAF_TEST(a route is served by the time it is answered) {
  CAF_REQUIRE(serve(first, http(1, 1)));
  CAF_REQUIRE(edge->find("shop.test") != nullptr);
  CAF_CHECK_EQUAL(edge->find("shop.test")->endpoint.value, 1u);
}

CAF_TEST(what changes in one go is published once) {
  for (std::uint64_t i = 1; i <= 10; ++i)
    caf::anon_send(table, serve_route{http(i, i, "host" + std::to_string(i))});
  sched.run();
  CAF_CHECK_EQUAL(edge->publications, 1);
  CAF_CHECK_EQUAL(edge->routes->size(), 10u);
}

CAF_TEST(an older generation does not replace a newer one) {
  CAF_REQUIRE(serve(first, http(1, 7)));
  CAF_CHECK_EQUAL(code_of(serve(second, http(2, 6))), errc::session_replaced);
  CAF_CHECK_EQUAL(edge->find("shop.test")->endpoint.value, 1u);
  CAF_CHECK(serve(second, http(2, 8)));
  CAF_CHECK_EQUAL(edge->find("shop.test")->endpoint.value, 2u);
}

CAF_TEST(the former holder cannot withdraw the route of the new one) {
  CAF_REQUIRE(serve(first, http(1, 1)));
  CAF_REQUIRE(serve(second, http(2, 2)));
  first->send(table, withdraw_route{endpoint_id{1}});
  sched.run();
  CAF_CHECK(edge->find("shop.test") != nullptr);
}

CAF_TEST(a route ends with its owner) {
  {
    caf::scoped_actor brief{sys};
    CAF_REQUIRE(serve(brief, http(1, 1)));
    CAF_REQUIRE(serve(brief, tcp(2, 1, 10000)));
  }
  sched.run();
  CAF_CHECK(edge->find("shop.test") == nullptr);
  CAF_CHECK(edge->open_ports.empty());
}

CAF_TEST(a port passes to its next holder without being closed) {
  CAF_REQUIRE(serve(first, tcp(1, 1, 10000)));
  CAF_CHECK(edge->open_ports.contains(10000));
  CAF_REQUIRE(serve(second, tcp(2, 2, 10000)));
  first->send(table, withdraw_route{endpoint_id{1}});
  sched.run();
  CAF_CHECK(edge->open_ports.contains(10000));
  second->send(table, withdraw_route{endpoint_id{2}});
  sched.run();
  CAF_CHECK(edge->open_ports.empty());
}

CAF_TEST(a port that cannot be opened is an error and no route) {
  edge->ports_of_others.insert(10000);
  CAF_CHECK_EQUAL(code_of(serve(first, tcp(1, 1, 10000))), errc::port_taken);
  CAF_CHECK(edge->routes->find_port(10000) == nullptr);
}

CAF_TEST(a table that ends closes its ports so that its successor can open them) {
  CAF_REQUIRE(serve(first, tcp(1, 1, 10000)));
  caf::anon_send_exit(table, caf::exit_reason::kill);
  sched.run();
  CAF_CHECK(edge->open_ports.empty());
  table = guard(spawn_route_table(sys, edge));
  CAF_CHECK(serve(first, tcp(1, 1, 10000)));
}

CAF_TEST(routes are found by their endpoint) {
  CAF_REQUIRE(serve(first, http(1, 1)));
  auto found = answer_of<route_found>(table, find_route{endpoint_id{1}});
  CAF_REQUIRE(found);
  CAF_CHECK_EQUAL(found->entry.host, "shop.test");
  CAF_CHECK_EQUAL(code_of(answer_of<route_found>(table, find_route{endpoint_id{9}})),
                  errc::no_such_endpoint);
}

CAF_TEST(a port that is open for another edge is given to the session that asks for it) {
  hears(two, {tcp(5, 1, 10000)});
  CAF_REQUIRE(serve(first, tcp(1, 2, 10000)));
  CAF_CHECK_EQUAL(edge->routes->find_port(10000)->endpoint.value, 1u);
}

CAF_TEST(routes of other edges are served beside the own ones) {
  CAF_REQUIRE(serve(first, http(1, 1, "own.test")));
  hears(two, {http(5, 2, "other.test")});
  CAF_REQUIRE(edge->find("other.test") != nullptr);
  CAF_REQUIRE(edge->find("other.test")->places);
  CAF_CHECK(edge->find("other.test")->places->home == two);
  CAF_CHECK(edge->find("own.test")->places == nullptr);
}

CAF_TEST(ten thousand routes that come at once are one map) {
  for (std::uint64_t page = 0; page < 40; ++page) {
    neighbour_routes news{.home = two};
    for (std::uint64_t i = 0; i < 250; ++i)
      news.routes.push_back(http(page * 250 + i + 1, 1, std::to_string(page * 250 + i) + ".test"));
    caf::anon_send(table, std::move(news));
  }
  sched.run();
  pass(milliseconds{100}, milliseconds{10});
  CAF_CHECK_EQUAL(edge->publications, 1);
  CAF_CHECK_EQUAL(edge->routes->size(), 10'000u);
}

CAF_TEST(a newer generation wins wherever it is) {
  CAF_REQUIRE(serve(first, http(1, 5)));
  hears(two, {http(5, 4)});
  CAF_CHECK_EQUAL(edge->find("shop.test")->endpoint.value, 1u);
  hears(two, {http(6, 6)});
  CAF_CHECK_EQUAL(edge->find("shop.test")->endpoint.value, 6u);
  CAF_CHECK_EQUAL(code_of(serve(second, http(2, 5))), errc::session_replaced);
  CAF_REQUIRE(serve(second, http(3, 7)));
  CAF_CHECK_EQUAL(edge->find("shop.test")->endpoint.value, 3u);
}

CAF_TEST(when the own route goes that of another edge is served) {
  CAF_REQUIRE(serve(first, http(1, 5)));
  hears(two, {http(5, 4)});
  first->send(table, withdraw_route{endpoint_id{1}});
  sched.run();
  CAF_REQUIRE(edge->find("shop.test") != nullptr);
  CAF_CHECK_EQUAL(edge->find("shop.test")->endpoint.value, 5u);
}

CAF_TEST(a port of another edge is opened here and closed with it) {
  hears(two, {tcp(5, 1, 10000)});
  CAF_CHECK(edge->open_ports.contains(10000));
  tell(table, forget_neighbour{two});
  pass(milliseconds{100});
  CAF_CHECK(edge->open_ports.empty());
}

CAF_TEST(a port of another edge that is taken here is told and tried again) {
  edge->ports_of_others.insert(10000);
  hears(two, {tcp(5, 1, 10000), http(6, 1)});
  CAF_CHECK_EQUAL(refused, std::vector<std::uint16_t>{10000});
  CAF_CHECK(edge->find("shop.test") != nullptr);
  edge->ports_of_others.clear();
  pass(seconds{31});
  CAF_CHECK(edge->open_ports.contains(10000));
}

CAF_TEST(where sessions have lanes is part of their routes) {
  CAF_REQUIRE(serve(first, http(1, 1, "own.test")));
  hears(two, {http(5, 2, "other.test")});
  auto at = [](node_id home, node_id other) {
    return std::make_shared<const session_places>(session_places{home, {other}});
  };
  tell(table, place_sessions{{{session_id{1}, at({}, two)}}});
  tell(table, neighbour_routes{.home = two, .places = {{session_id{5}, at(two, three)}}});
  pass(milliseconds{100});
  CAF_CHECK(*edge->find("own.test")->places == *at({}, two));
  CAF_CHECK(*edge->find("other.test")->places == *at(two, three));
  CAF_CHECK(*answer_of<route_found>(table, find_route{endpoint_id{1}})->entry.places
            == *at({}, two));
}

CAF_TEST(who watches is told what is served and what is gone) {
  CAF_REQUIRE(serve(first, http(1, 1, "a.test")));
  hears(two, {http(5, 2, "other.test")});
  auto watched = answer_to<routes_watched>(second, table, watch_routes{});
  CAF_REQUIRE(watched);
  CAF_REQUIRE_EQUAL(watched->routes.size(), 1u);
  CAF_CHECK_EQUAL(watched->routes.front().host, "a.test");
  CAF_CHECK(watched->homes == std::vector{two});
  CAF_REQUIRE(serve(first, http(2, 2, "b.test")));
  first->send(table, withdraw_route{endpoint_id{1}});
  hears(two, {http(7, 2, "not.told")});
  std::vector<std::string> served;
  std::vector<endpoint_id> gone;
  while (second->has_next_message())
    second->receive([&](const routes_changed& news) {
      for (const auto& each : news.served)
        served.push_back(each.host);
      gone.insert(gone.end(), news.gone.begin(), news.gone.end());
    });
  CAF_CHECK_EQUAL(served, std::vector<std::string>{"b.test"});
  CAF_CHECK(gone == std::vector{endpoint_id{1}});
}

CAF_TEST(a route that another session takes over is told as gone) {
  CAF_REQUIRE(serve(first, http(1, 1)));
  caf::scoped_actor watcher{sys};
  CAF_REQUIRE(answer_to<routes_watched>(watcher, table, watch_routes{}));
  CAF_REQUIRE(serve(second, http(2, 2)));
  watcher->receive([](const routes_changed& news) {
    CAF_CHECK(news.gone == std::vector{endpoint_id{1}});
    CAF_CHECK_EQUAL(news.served.size(), 1u);
  });
}

CAF_TEST_FIXTURE_SCOPE_END()

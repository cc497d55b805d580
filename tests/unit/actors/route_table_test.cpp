// What an edge serves: publication, generations, owners, and ports that change hands.
#define CAF_SUITE route_table

#include "actors/route_table.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;
using namespace serverme::actors;

namespace {

struct fixture : actor_fixture {
  fixture() { table = guard(spawn_route_table(sys, edge)); }

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

CAF_TEST_FIXTURE_SCOPE_END()

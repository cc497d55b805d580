// Routes: snapshots that share what did not change, and generations that decide.
#define CAF_SUITE route_map
#include "protocol/route_map.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;

namespace {

route web(const std::string& host, std::uint64_t endpoint, std::uint64_t under = 1) {
  return {.endpoint = {endpoint}, .host = host, .session = {9}, .generation = {under}};
}

route tcp(std::uint16_t port, std::uint64_t endpoint, std::uint64_t under = 1) {
  return {.endpoint = {endpoint},
          .kind = endpoint_kind::tcp,
          .port = port,
          .session = {9},
          .generation = {under}};
}

struct fixture {
  route_map routes;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(route_map_tests, fixture)

CAF_TEST(an empty map finds nothing) {
  CAF_CHECK(routes.find_host("shop.test") == nullptr);
  CAF_CHECK(routes.find_port(10'000) == nullptr);
  CAF_CHECK(!routes.remove_host("shop.test", {1}));
  CAF_CHECK(!routes.remove_port(10'000, {1}));
  CAF_CHECK_EQUAL(routes.size(), 0u);
}

CAF_TEST(hosts and ports are found where they were put) {
  CAF_CHECK(routes.put(web("shop.test", 1)));
  CAF_CHECK(routes.put(tcp(10'000, 2)));
  CAF_REQUIRE(routes.find_host("shop.test") != nullptr);
  CAF_CHECK_EQUAL(routes.find_host("shop.test")->endpoint.value, 1u);
  CAF_CHECK_EQUAL(routes.find_port(10'000)->endpoint.value, 2u);
  CAF_CHECK(routes.find_host("SHOP.test") == nullptr);
  CAF_CHECK(routes.find_host("hop.test") == nullptr);
  CAF_CHECK(routes.find_port(10'001) == nullptr);
  CAF_CHECK_EQUAL(routes.size(), 2u);
}

CAF_TEST(an older generation never replaces a newer one) {
  CAF_CHECK(routes.put(web("shop.test", 1, 5)));
  CAF_CHECK(!routes.put(web("shop.test", 2, 4)));
  CAF_CHECK_EQUAL(routes.find_host("shop.test")->endpoint.value, 1u);
  CAF_CHECK(routes.put(web("shop.test", 3, 6)));
  CAF_CHECK_EQUAL(routes.find_host("shop.test")->endpoint.value, 3u);
  CAF_CHECK(routes.put(tcp(10'000, 1, 5)));
  CAF_CHECK(!routes.put(tcp(10'000, 2, 4)));
}

CAF_TEST(only the endpoint that is there can be removed) {
  routes.put(web("shop.test", 1));
  routes.put(tcp(10'000, 2));
  CAF_CHECK(!routes.remove_host("shop.test", {2}));
  CAF_CHECK(!routes.remove_port(10'000, {1}));
  CAF_CHECK(routes.remove_host("shop.test", {1}));
  CAF_CHECK(routes.remove_port(10'000, {2}));
  CAF_CHECK_EQUAL(routes.size(), 0u);
}

CAF_TEST(a snapshot does not change with the map it was taken from) {
  routes.put(web("shop.test", 1));
  routes.put(tcp(10'000, 2));
  const auto snapshot = routes;
  routes.put(web("shop.test", 3, 2));
  routes.put(web("blog.test", 4));
  routes.remove_port(10'000, {2});
  CAF_CHECK_EQUAL(snapshot.find_host("shop.test")->endpoint.value, 1u);
  CAF_CHECK(snapshot.find_host("blog.test") == nullptr);
  CAF_CHECK(snapshot.find_port(10'000) != nullptr);
  CAF_CHECK_EQUAL(routes.find_host("shop.test")->endpoint.value, 3u);
}

CAF_TEST(a change copies one shard and shares the rest) {
  for (int i = 0; i < 5000; ++i)
    routes.put(web("host-" + std::to_string(i) + ".test", static_cast<std::uint64_t>(i)));
  CAF_CHECK_EQUAL(routes.size(), 5000u);
  auto next = routes;
  next.put(web("another.test", 1));
  for (int i = 0; i < 5000; ++i) {
    auto host = "host-" + std::to_string(i) + ".test";
    CAF_REQUIRE(routes.find_host(host) == next.find_host(host)); // the very same route
  }
}

CAF_TEST(a route may be removed by a view of its own name) {
  routes.put(web("a-name-that-is-too-long-for-a-small-string.test", 1));
  const auto* there = routes.find_host("a-name-that-is-too-long-for-a-small-string.test");
  CAF_CHECK(routes.remove_host(there->host, there->endpoint));
  CAF_CHECK_EQUAL(routes.size(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()

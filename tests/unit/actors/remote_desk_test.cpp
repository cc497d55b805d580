// What leaves an edge's tunnel desk for another node fits into a message.
#define CAF_SUITE remote_desk

#include "actors/cluster/remote_desk.hpp"

#include "actors/cluster/endpoint_places.hpp"
#include "tests/unit/actors/tree_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;
using namespace serverme::actors;

namespace {

struct fixture : tree_fixture {
  fixture() {
    agent = join("key of alice");
    shop = bind_http(agent.session, "shop").value().endpoint;
  }

  remote_desk_actor desk_with(std::size_t answer_bytes_max) {
    return guard(spawn_remote_desk(sys, tree.desk(), {.answer_bytes_max = answer_bytes_max}));
  }
  void record(const std::string& target) {
    tree.captures()->give(exchange(shop, "GET", target, 200));
    sched.run();
  }

  agent_admitted agent;
  endpoint_id shop;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(remote_desk_tests, fixture)

CAF_TEST(a list that is too long says that it is incomplete) {
  CAF_REQUIRE(bind_http(agent.session, "cafe"));
  auto all = answer_of<tunnel_list>(desk_with(10'000), list_tunnels{as(1)});
  CAF_CHECK_EQUAL(all->tunnels.size(), 2u);
  CAF_CHECK(all->incomplete.empty());
  auto some = answer_of<tunnel_list>(desk_with(1), list_tunnels{as(1)});
  CAF_CHECK_EQUAL(some->tunnels.size(), 1u);
  CAF_CHECK_EQUAL(some->incomplete.size(), 1u);
}

CAF_TEST(a page that is too long is continued on the next one) {
  record("/first");
  record("/second");
  auto desk = desk_with(1);
  auto page = answer_of<capture_page>(desk, list_captures{.who = as(1), .endpoint = shop});
  CAF_REQUIRE_EQUAL(page->captures.size(), 1u);
  CAF_CHECK_EQUAL(page->captures[0].target, "/second");
  auto next = answer_of<capture_page>(
    desk, list_captures{.who = as(1), .endpoint = shop, .before = page->next});
  CAF_REQUIRE_EQUAL(next->captures.size(), 1u);
  CAF_CHECK_EQUAL(next->captures[0].target, "/first");
  CAF_CHECK_EQUAL(next->next.value, 0u);
}

CAF_TEST(a capture is the same after a journey) {
  auto sent = exchange(shop, "POST", "/pay?x=1", 502);
  sent->id = capture_id{9};
  sent->started = wall_time{seconds{1'700'000'000}};
  sent->request = {"POST /pay HTTP/1.1\r\nHost: shop\r\n", std::string{"\0\xff", 2}, 4711};
  sent->response = {"HTTP/1.1 502 Bad Gateway\r\n", "oops", 4};
  sent->total = microseconds{17};
  sent->error = fail(errc::local_timeout, "port 3000");
  sent->replay_of = capture_id{3};
  std::vector<char> bytes;
  caf::binary_serializer writer{sys, bytes};
  capture_found leaving{shared_capture{std::move(sent)}};
  CAF_REQUIRE(!writer(leaving));
  capture_found arrived;
  caf::binary_deserializer reader{sys, bytes};
  CAF_REQUIRE(!reader(arrived));
  const auto &before = *leaving.exchange, &after = *arrived.exchange;
  CAF_CHECK(after.id == before.id && after.endpoint == before.endpoint);
  CAF_CHECK(after.started == before.started && after.total == before.total);
  CAF_CHECK_EQUAL(after.method, before.method);
  CAF_CHECK_EQUAL(after.target, before.target);
  CAF_CHECK_EQUAL(after.request.head, before.request.head);
  CAF_CHECK_EQUAL(after.request.body, before.request.body);
  CAF_CHECK_EQUAL(after.request.body_bytes, before.request.body_bytes);
  CAF_CHECK_EQUAL(after.response.body, before.response.body);
  CAF_CHECK_EQUAL(after.status, before.status);
  CAF_CHECK(after.error == before.error);
  CAF_CHECK(after.replay_of == before.replay_of);
}

CAF_TEST(places of endpoints are remembered up to a number) {
  endpoint_places places{10};
  for (std::uint64_t i = 1; i <= 1'000; ++i)
    places.remember(endpoint_id{i}, node_id{1, i});
  std::uint64_t known = 0;
  for (std::uint64_t i = 1; i <= 1'000; ++i)
    known += places.find(endpoint_id{i}) ? 1 : 0;
  CAF_CHECK(known >= 5 && known <= 10);
  CAF_CHECK(places.find(endpoint_id{1'000}) == (node_id{1, 1'000}));
}

CAF_TEST(an endpoint that moved is where it was seen last) {
  endpoint_places places{4};
  places.remember(endpoint_id{1}, node_id{1, 1});
  places.remember(endpoint_id{2}, node_id{1, 1});
  places.remember(endpoint_id{3}, node_id{1, 1});
  places.remember(endpoint_id{1}, node_id{2, 2});
  CAF_CHECK(places.find(endpoint_id{1}) == (node_id{2, 2}));
}

CAF_TEST_FIXTURE_SCOPE_END()

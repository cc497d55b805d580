// What an owner sees and does, and that nobody else does.
#define CAF_SUITE tunnel_desk

#include "tests/unit/actors/tree_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;
using namespace serverme::actors;

namespace {

struct fixture : tree_fixture {
  fixture() {
    agent = join("key of alice");
    shop = bind_http(agent.session, "shop").value().endpoint;
    tree.captures()->give(exchange(shop, "POST", "/pay", 201));
    sched.run();
  }

  template <class Reply, class Request>
  errc outcome_of(Request ask) {
    return code_of(answer_of<Reply>(tree.desk(), std::move(ask)));
  }
  answer<capture_found> replay(const asker& who) {
    return ask<capture_found>(tree.desk(), replay_capture{who, shop, capture_id{1}});
  }

  agent_admitted agent;
  endpoint_id shop;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tunnel_desk_tests, fixture)

CAF_TEST(a stranger is told of every request that there is no such tunnel) {
  auto stranger = as(2);
  auto feed = std::make_shared<capture_feed>(1, [] {});
  CAF_CHECK(tunnels_of(stranger).empty());
  CAF_CHECK_EQUAL(outcome_of<tunnel_view>(get_tunnel{stranger, shop}), errc::api_not_found);
  CAF_CHECK_EQUAL(outcome_of<tunnel_closed>(close_tunnel{stranger, shop}), errc::api_not_found);
  CAF_CHECK_EQUAL(outcome_of<capture_page>(list_captures{.who = stranger, .endpoint = shop}),
                  errc::api_not_found);
  CAF_CHECK_EQUAL(outcome_of<capture_found>(get_capture{stranger, shop, capture_id{1}}),
                  errc::api_not_found);
  CAF_CHECK_EQUAL(outcome_of<captures_cleared>(clear_captures{stranger, shop}),
                  errc::api_not_found);
  CAF_CHECK_EQUAL(outcome_of<capture_found>(replay_capture{stranger, shop, capture_id{1}}),
                  errc::api_not_found);
  CAF_CHECK_EQUAL(outcome_of<watching>(watch_captures{stranger, shop, feed}), errc::api_not_found);
  CAF_CHECK(edge->replays.empty());
  CAF_CHECK(edge->find("shop.test") != nullptr);
  auto page = answer_of<capture_page>(tree.desk(), list_captures{.who = as(1), .endpoint = shop});
  CAF_CHECK_EQUAL(page->captures.size(), 1u);
}

CAF_TEST(a stranger learns no difference between a tunnel and none) {
  auto hidden = answer_of<tunnel_view>(tree.desk(), get_tunnel{as(2), shop});
  auto none = answer_of<tunnel_view>(tree.desk(), get_tunnel{as(2), endpoint_id{4711}});
  CAF_CHECK(hidden.error() == none.error());
}

CAF_TEST(a stranger cannot take a name or a port of any kind) {
  auto stranger = join("key of bob");
  CAF_REQUIRE(bind_tcp(agent.session, 10001));
  CAF_REQUIRE(bind(agent.session, {.kind = endpoint_kind::tls, .name = "bank"}));
  lanes(agent.session, 0); // away is not gone
  CAF_CHECK_EQUAL(code_of(bind_http(stranger.session, "shop")), errc::name_taken);
  CAF_CHECK_EQUAL(code_of(bind(stranger.session, {.kind = endpoint_kind::tls, .name = "shop"})),
                  errc::name_taken);
  CAF_CHECK_EQUAL(code_of(bind_http(stranger.session, "bank")), errc::name_taken);
  CAF_CHECK_EQUAL(code_of(bind_tcp(stranger.session, 10001)), errc::port_taken);
  tell(tree.reception(), agent_left{agent.session}); // gone is not free
  CAF_CHECK_EQUAL(code_of(bind_http(stranger.session, "shop")), errc::name_taken);
  CAF_CHECK_EQUAL(code_of(bind_tcp(stranger.session, 10001)), errc::port_taken);
}

CAF_TEST(an admin sees all tunnels and a member his own) {
  auto bob = join("key of bob");
  CAF_REQUIRE(bind_http(bob.session, "cafe"));
  CAF_CHECK_EQUAL(tunnels_of(as(1)).size(), 1u);
  CAF_CHECK_EQUAL(tunnels_of(as(2)).size(), 1u);
  CAF_CHECK_EQUAL(tunnels_of(as(3, account_role::admin)).size(), 2u);
  CAF_CHECK(answer_of<tunnel_view>(tree.desk(), get_tunnel{as(3, account_role::admin), shop}));
}

CAF_TEST(the owner closes a tunnel and its agent is told) {
  CAF_REQUIRE(answer_of<tunnel_closed>(tree.desk(), close_tunnel{as(1), shop}));
  CAF_REQUIRE_EQUAL(edge->dropped.size(), 1u);
  CAF_CHECK(edge->dropped[0].reason->code == errc::closed_by_owner);
  CAF_CHECK(edge->find("shop.test") == nullptr);
  CAF_CHECK(tunnels_of(as(1)).empty());
  CAF_CHECK_EQUAL(outcome_of<tunnel_closed>(close_tunnel{as(1), shop}), errc::api_not_found);
}

CAF_TEST(what loops count is added up) {
  tell(tree.desk(), usage_report{{{shop, 2, 10, 100}}});
  tell(tree.desk(), usage_report{{{shop, 1, 5, 50}, {endpoint_id{99}, 1, 1, 1}}});
  auto seen = tunnels_of(as(1)).front();
  CAF_CHECK_EQUAL(seen.visits, 3u);
  CAF_CHECK_EQUAL(seen.bytes_in, 15u);
  CAF_CHECK_EQUAL(seen.bytes_out, 150u);
}

CAF_TEST(counters survive new options) {
  tell(tree.desk(), usage_report{{{shop, 2, 10, 100}}});
  CAF_REQUIRE(bind(agent.session, {.name = "shop", .host_header = "x"}));
  auto seen = tunnels_of(as(1)).front();
  CAF_CHECK_EQUAL(seen.visits, 2u);
}

CAF_TEST(a replay goes by the route of its tunnel) {
  auto asked = replay(as(1));
  CAF_CHECK(!asked->has_value());
  CAF_REQUIRE_EQUAL(edge->replays.size(), 1u);
  CAF_CHECK(edge->replays[0].first.endpoint == shop);
  CAF_CHECK(edge->replays[0].first.session == agent.session);
  edge->replays[0].second(shared_capture{exchange(shop, "POST", "/pay", 202)});
  sched.run();
  CAF_REQUIRE(asked->has_value());
  CAF_REQUIRE(**asked);
  CAF_CHECK_EQUAL((*asked)->value().exchange->status, 202);
}

CAF_TEST(a replay that fails says why) {
  auto asked = replay(as(1));
  CAF_REQUIRE_EQUAL(edge->replays.size(), 1u);
  edge->replays[0].second(fail(errc::agent_away));
  sched.run();
  CAF_REQUIRE(asked->has_value());
  CAF_CHECK_EQUAL(code_of(**asked), errc::agent_away);
}

CAF_TEST(replays at the same time are bounded) {
  for (int i = 0; i < 256; ++i)
    CAF_REQUIRE(!replay(as(1))->has_value());
  auto one_more = replay(as(1));
  CAF_REQUIRE(one_more->has_value());
  CAF_CHECK_EQUAL(code_of(**one_more), errc::too_busy);
}

CAF_TEST(of a tunnel that is not inspected there is nothing to see) {
  auto port = bind_tcp(agent.session, 0).value().endpoint;
  auto page = answer_of<capture_page>(tree.desk(), list_captures{.who = as(1), .endpoint = port});
  CAF_REQUIRE(page);
  CAF_CHECK(page->captures.empty());
  CAF_CHECK_EQUAL(outcome_of<capture_found>(replay_capture{as(1), port, capture_id{1}}),
                  errc::api_not_found);
}

CAF_TEST(the owner watches live) {
  auto feed = std::make_shared<capture_feed>(10, [] {});
  CAF_REQUIRE(answer_of<watching>(tree.desk(), watch_captures{as(1), shop, feed}));
  tree.captures()->give(exchange(shop, "GET", "/live", 200));
  sched.advance_time(milliseconds{5}); // an inspector rests after what it took
  sched.run();
  CAF_CHECK_EQUAL(feed->take().captures.size(), 1u);
  tell(tree.reception(), agent_left{agent.session});
  CAF_CHECK(feed->take().ended);
}

CAF_TEST_FIXTURE_SCOPE_END()

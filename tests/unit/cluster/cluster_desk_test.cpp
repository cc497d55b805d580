// What the API of one node sees of tunnels on others, and does to them.
#define CAF_SUITE cluster_desk
#include "actors/cluster/cluster_desk.hpp"

#include "actors/transport/caf_io.hpp"
#include "tests/unit/cluster/edge_stand.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::actors;
using namespace serverme::tests;

namespace {

constexpr asker alice{account_id{1}};
constexpr asker bob{account_id{2}};

/// A node with an API and without tunnels.
class asking_node {
public:
  explicit asking_node(const test_cluster& cluster, cluster_desk_options options = {})
    : node{cluster, 9, 1}, desk_{spawn(node, std::move(options))} {
    node.spawned.push_back(caf::actor_cast<caf::actor>(desk_));
  }

  template <class Reply, class Request>
  result<Reply> ask(Request question) {
    return ask_and_wait<Reply>(node.system, desk_, seconds{10}, std::move(question));
  }
  template <class Reply, class Request>
  errc code_of(Request question) {
    auto outcome = ask<Reply>(std::move(question));
    return outcome ? errc{} : outcome.error().code;
  }
  tunnel_list tunnels_of(const asker& who) { return ask<tunnel_list>(list_tunnels{who}).value(); }
  std::size_t sees(const asker& who) { return tunnels_of(who).tunnels.size(); }

  void connect(test_node& other) {
    auto connected = ask_and_wait<connected_peer>(
      node.system, node.transport->gateway(), seconds{10}, connect_peer{"127.0.0.1", other.port()});
    CAF_REQUIRE(connected);
  }

  test_node node;

private:
  static cluster_desk_actor spawn(test_node& node, cluster_desk_options options) {
    options.look_every = milliseconds{20};
    return spawn_cluster_desk(node.system, node.transport->gateway(), std::move(options));
  }

  cluster_desk_actor desk_;
};

/// What a watcher was given until now.
struct watcher {
  explicit watcher(std::size_t entries_max = 100)
    : feed{std::make_shared<capture_feed>(entries_max, [] {})} {}

  bool take() {
    auto batch = feed->take();
    captures.insert(captures.end(), batch.captures.begin(), batch.captures.end());
    lost += batch.lost;
    has_ended = has_ended || batch.ended;
    return !batch.captures.empty();
  }

  std::shared_ptr<capture_feed> feed;
  std::vector<shared_capture> captures;
  std::uint64_t lost = 0;
  bool has_ended = false;
};

struct fixture {
  /// Two edges with a tunnel each, and a node that knows both.
  void start_two(cluster_desk_options options = {}) {
    one = std::make_unique<edge_stand>(cluster, 1);
    two = std::make_unique<edge_stand>(cluster, 2);
    cafe = two->open_tunnel("cafe");
    shop = one->open_tunnel("shop");
    api = std::make_unique<asking_node>(cluster, std::move(options));
    api->connect(two->node);
    api->connect(one->node);
    CAF_REQUIRE(await([&] { return api->sees(alice) == 2; }));
  }
  void watch(const watcher& who, endpoint_id endpoint) {
    CAF_REQUIRE(api->ask<watching>(watch_captures{alice, endpoint, who.feed}));
  }

  test_cluster cluster;
  std::unique_ptr<edge_stand> one, two;
  endpoint_id shop, cafe;
  std::unique_ptr<asking_node> api;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cluster_desk_tests, fixture)

CAF_TEST(tunnels of all edges are one list with the oldest first) {
  start_two();
  auto all = api->tunnels_of(alice);
  CAF_REQUIRE_EQUAL(all.tunnels.size(), 2u);
  CAF_CHECK_EQUAL(all.tunnels[0].name, "shop");
  CAF_CHECK_EQUAL(all.tunnels[1].name, "cafe");
  CAF_CHECK(all.incomplete.empty());
}

CAF_TEST(the tunnels of the own node are among them) {
  edge_stand own{cluster, 1};
  auto home = own.open_tunnel("home");
  cluster_desk_options options{.own = own.tree.desk()};
  auto desk = spawn_cluster_desk(own.node.system, own.node.transport->gateway(), options);
  own.node.spawned.push_back(caf::actor_cast<caf::actor>(desk));
  edge_stand other{cluster, 2};
  CAF_REQUIRE(other.open_tunnel("away").value != 0);
  CAF_REQUIRE(ask_and_wait<connected_peer>(own.node.system, own.node.transport->gateway(),
                                           seconds{10},
                                           connect_peer{"127.0.0.1", other.node.port()}));
  CAF_CHECK(await([&] {
    auto all = ask_and_wait<tunnel_list>(own.node.system, desk, seconds{10}, list_tunnels{alice});
    return all && all->tunnels.size() == 2 && all->incomplete.empty();
  }));
  watcher live;
  CAF_REQUIRE(ask_and_wait<watching>(own.node.system, desk, seconds{10},
                                     watch_captures{alice, home, live.feed}));
  own.record(home, "/");
  CAF_CHECK(await([&] { return live.take(); }));
}

CAF_TEST(a question about a tunnel reaches its edge) {
  start_two();
  for (auto endpoint : {shop, cafe}) {
    auto view = api->ask<tunnel_view>(get_tunnel{alice, endpoint});
    CAF_REQUIRE(view);
    CAF_CHECK(view->endpoint == endpoint);
  }
  two->record(cafe, "/menu");
  auto page = api->ask<capture_page>(list_captures{.who = alice, .endpoint = cafe});
  CAF_REQUIRE(page);
  CAF_REQUIRE_EQUAL(page->captures.size(), 1u);
  auto number = page->captures[0].id;
  auto menu = api->ask<capture_found>(get_capture{alice, cafe, number});
  CAF_REQUIRE(menu);
  CAF_CHECK_EQUAL(menu->exchange->target, "/menu");
  auto again = api->ask<capture_found>(replay_capture{alice, cafe, number});
  CAF_REQUIRE(again);
  CAF_CHECK_EQUAL(again->exchange->status, 299);
  CAF_CHECK(again->exchange->replay_of == number);
  auto cleared = api->ask<captures_cleared>(clear_captures{alice, cafe});
  CAF_REQUIRE(cleared);
  CAF_CHECK_EQUAL(cleared->count, 1u);
  CAF_CHECK(api->code_of<capture_found>(get_capture{alice, cafe, number}) == errc::api_not_found);
}

CAF_TEST(a tunnel is closed on its edge and nowhere else) {
  start_two();
  CAF_CHECK(api->ask<tunnel_closed>(close_tunnel{alice, cafe}));
  CAF_CHECK(await([&] { return api->sees(alice) == 1; }));
  CAF_CHECK(api->code_of<tunnel_closed>(close_tunnel{alice, cafe}) == errc::api_not_found);
  CAF_CHECK(api->ask<tunnel_view>(get_tunnel{alice, shop}));
}

CAF_TEST(a tunnel that no list has shown is found all the same) {
  start_two();
  auto fresh = two->open_tunnel("fresh");
  CAF_CHECK(api->ask<capture_page>(list_captures{.who = alice, .endpoint = fresh}));
}

CAF_TEST(a stranger is told of every request that there is no such tunnel) {
  start_two();
  two->record(cafe, "/");
  watcher nosy;
  CAF_CHECK_EQUAL(api->sees(bob), 0u);
  CAF_CHECK(api->code_of<tunnel_view>(get_tunnel{bob, cafe}) == errc::api_not_found);
  CAF_CHECK(api->code_of<tunnel_closed>(close_tunnel{bob, cafe}) == errc::api_not_found);
  CAF_CHECK(api->code_of<capture_page>(list_captures{.who = bob, .endpoint = cafe})
            == errc::api_not_found);
  CAF_CHECK(api->code_of<capture_found>(get_capture{bob, cafe, capture_id{1}})
            == errc::api_not_found);
  CAF_CHECK(api->code_of<captures_cleared>(clear_captures{bob, cafe}) == errc::api_not_found);
  CAF_CHECK(api->code_of<capture_found>(replay_capture{bob, cafe, capture_id{1}})
            == errc::api_not_found);
  CAF_CHECK(api->code_of<watching>(watch_captures{bob, cafe, nosy.feed}) == errc::api_not_found);
  auto hidden = api->ask<tunnel_view>(get_tunnel{bob, cafe});
  auto none = api->ask<tunnel_view>(get_tunnel{bob, endpoint_id{4711}});
  CAF_CHECK(hidden.error() == none.error());
  CAF_CHECK_EQUAL(api->sees(alice), 2u);
}

CAF_TEST(without an edge that is gone the list is incomplete and names it) {
  start_two();
  auto gone = two->id();
  two.reset();
  CAF_REQUIRE(await([&] { return api->sees(alice) == 1; }));
  auto rest = api->tunnels_of(alice);
  CAF_REQUIRE_EQUAL(rest.incomplete.size(), 1u);
  CAF_CHECK(rest.incomplete[0] == gone);
  CAF_CHECK(api->ask<tunnel_view>(get_tunnel{alice, shop}));
  // It may have been there.
  CAF_CHECK(api->code_of<tunnel_view>(get_tunnel{alice, cafe}) == errc::control_unavailable);
}

CAF_TEST(an edge that is gone for long is missed no more) {
  start_two({.lost_for = milliseconds{100}});
  two.reset();
  CAF_CHECK(await([&] {
    auto rest = api->tunnels_of(alice);
    return rest.tunnels.size() == 1 && rest.incomplete.empty();
  }));
  CAF_CHECK(api->code_of<tunnel_view>(get_tunnel{alice, cafe}) == errc::api_not_found);
}

CAF_TEST(an edge whose desk is silent is left out in time and named) {
  start_two({.answer_within = milliseconds{200}});
  test_node silent{cluster, 3, 1};
  auto mute = silent.system.spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler([](caf::scheduled_actor* me, caf::message_view&) {
      return caf::result<caf::message>{me->make_response_promise<caf::message>()};
    });
    return {[](caf::unit_t) {}};
  });
  silent.spawned.push_back(mute);
  auto types = silent.system.message_types<remote_desk_actor>();
  caf::anon_send(silent.transport->gateway(),
                 offer_service{remote_desk_service,
                               caf::actor_cast<caf::strong_actor_ptr>(mute),
                               {types.begin(), types.end()}});
  api->connect(silent);
  CAF_CHECK(await([&] {
    auto all = api->tunnels_of(alice);
    return all.tunnels.size() == 2 && all.incomplete.size() == 1;
  }));
  CAF_CHECK(api->ask<tunnel_view>(get_tunnel{alice, shop}));
  CAF_CHECK(api->code_of<tunnel_view>(get_tunnel{alice, endpoint_id{4711}})
            == errc::control_unavailable);
}

CAF_TEST(captures of a tunnel on another node arrive live) {
  start_two();
  watcher live;
  watch(live, cafe);
  for (int i = 0; i < 50; ++i)
    two->record(cafe, "/" + std::to_string(i));
  CAF_REQUIRE(await([&] {
    live.take();
    return live.captures.size() == 50;
  }));
  CAF_CHECK_EQUAL(live.captures.front()->target, "/0");
  CAF_CHECK_EQUAL(live.captures.back()->target, "/49");
  CAF_REQUIRE(api->ask<tunnel_closed>(close_tunnel{alice, cafe}));
  CAF_CHECK(await([&] {
    live.take();
    return live.has_ended;
  }));
}

CAF_TEST(a slow watcher loses the oldest and is told how many) {
  start_two();
  watcher slow{3}, quick;
  watch(slow, cafe);
  watch(quick, cafe);
  for (int i = 0; i < 20; ++i)
    two->record(cafe, "/" + std::to_string(i));
  CAF_REQUIRE(await([&] {
    quick.take();
    return quick.captures.size() == 20;
  }));
  CAF_REQUIRE(await([&] {
    slow.take();
    return slow.captures.size() + slow.lost == 20;
  }));
}

CAF_TEST(who lets go of a feed leaves nothing behind on the edge) {
  start_two();
  auto before = two->running();
  {
    watcher live;
    watch(live, cafe);
    CAF_CHECK(two->running() > before);
  }
  CAF_CHECK(await([&] { return two->running() <= before; }));
}

CAF_TEST(a live view ends with the edge) {
  start_two();
  watcher live;
  watch(live, cafe);
  two.reset();
  CAF_CHECK(await([&] {
    live.take();
    return live.has_ended;
  }));
}

CAF_TEST(a live view of a node that is gone leaves nothing behind on the edge) {
  start_two();
  auto before = two->running();
  watcher live;
  watch(live, cafe);
  api.reset();
  CAF_CHECK(await([&] { return two->running() <= before; }));
}

CAF_TEST_FIXTURE_SCOPE_END()

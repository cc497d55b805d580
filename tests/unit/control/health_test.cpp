// How a node says how it is: which parts are missing, what that means for whom, and its metrics.
#define CAF_SUITE health

#include "tests/unit/control/api_fixture.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

actors::own_member_actor::behavior_type fake_member(actors::own_member_actor::pointer self,
                                                    member_list list) {
  self->set_default_handler(caf::drop);
  return {
    [](const gossip&) {},
    [list](const list_members&) { return list; },
    [list](const watch_members&) { return list; },
    [](const actors::update_facts&) { return actors::facts_updated{}; },
    [](const actors::leave_cluster&) { return actors::cluster_left{}; },
    [](const actors::ban_member&) { return actors::member_banned{}; },
    [](const actors::unban_member&) {},
    [](const actors::seed_heard&) {},
  };
}

member_view member(std::uint64_t number, node_role role,
                   membership::state state = membership::state::alive) {
  member_view made{.id = {1, number}, .state = state};
  made.roles = {role};
  return made;
}

/// An edge of a cluster: this one, and a control node.
member_list edge_beside(membership::state state) {
  return {.self = {1, 1},
          .members = {member(1, node_role::edge), member(2, node_role::control, state)}};
}

struct fixture : api_fixture {
  fixture() : api_fixture{{.offer = control::api_offer::health, .needed = {"edge"}}} {}

  nlohmann::json readiness(int status) {
    auto reply = ask("GET", "/readyz", "");
    CAF_CHECK_EQUAL(reply.status, status);
    return reply.body;
  }

  std::string membership(int status) { return readiness(status)["parts"]["membership"]; }
};

/// The same with a membership.
struct member_fixture : fixture {
  explicit member_fixture(member_list list) {
    whom.members = system.spawn(fake_member, std::move(list));
    server = std::make_unique<control::api_server>(
      system,
      control::api_settings{
        .listen = {"127.0.0.1", 0}, .offer = control::api_offer::health, .needed = {"membership"}},
      whom);
    CAF_REQUIRE(server->start());
  }
  ~member_fixture() {
    server->stop();
    caf::anon_send_exit(whom.members, caf::exit_reason::user_shutdown);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(health_tests, fixture)

CAF_TEST(who watches a node sees no more than how it is) {
  CAF_CHECK_EQUAL(ask("GET", "/healthz", "").status, 200);
  CAF_CHECK_EQUAL(ask("GET", "/api/v1/tunnels", "ada").status, 404);
  CAF_CHECK_EQUAL(ask("POST", "/metrics", "").status, 405);
}

CAF_TEST(all parts are ready) {
  world->parts = {{"edge", true}};
  auto all = readiness(200);
  CAF_CHECK_EQUAL(all["status"], "ready");
  CAF_CHECK(all["missing"].empty());
  CAF_CHECK_EQUAL(all["parts"]["edge"], "ready");
  CAF_CHECK(!all["parts"].contains("membership"));
}

CAF_TEST(an edge without a part that others have still serves) {
  world->parts = {{"leader", false}, {"edge", true}};
  world->has_database = false;
  auto some = readiness(200);
  CAF_CHECK_EQUAL(some["status"], "degraded");
  CAF_CHECK(some["missing"] == nlohmann::json::array({"database", "leader"}));
}

CAF_TEST(without a part that is needed nobody is sent here) {
  world->parts = {{"edge", false}};
  auto none = readiness(503);
  CAF_CHECK_EQUAL(none["status"], "unavailable");
  CAF_CHECK(none["missing"] == nlohmann::json::array({"edge"}));
}

CAF_TEST(metrics are text) {
  auto answer = exchange("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CAF_CHECK(answer.starts_with("HTTP/1.1 200 "));
  CAF_CHECK(answer.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CAF_CHECK(answer.ends_with("\r\n\r\nparts 2\n"));
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(a node that knows of nobody who lives is no member) {
  member_fixture alone{edge_beside(membership::state::dead)};
  CAF_CHECK_EQUAL(alone.membership(503), "unavailable");
  member_fixture beside{edge_beside(membership::state::suspect)};
  CAF_CHECK_EQUAL(beside.membership(200), "ready");
}

CAF_TEST(a control node may be the only one) {
  member_fixture first{{.self = {1, 1}, .members = {member(1, node_role::control)}}};
  CAF_CHECK_EQUAL(first.membership(200), "ready");
}

// The whole cluster through the API: for admins, with what is wrong, and as it happens.
#define CAF_SUITE api_cluster

#include "nodes/control/api/cluster_json.hpp"
#include "nodes/control/secrets.hpp"
#include "tests/unit/control/api_fixture.hpp"
#include "tests/unit/support/await.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

const std::string nodes = "/api/v1/cluster/nodes";
const std::string all_actors = "/api/v1/cluster/actors";
const std::string events = "/api/v1/cluster/events";
const std::string live = "/api/v1/cluster/live";
constexpr wall_time noon{seconds{1'795'500'000}};

actors::node_sight node(std::uint64_t number, std::uint64_t term = 0) {
  member_view member{.id = {0, number}, .age = seconds{60}, .roles = {node_role::edge}};
  member.name = "n" + std::to_string(number);
  member.software = "0.1.0";
  member.cluster_address = "10.0.0.1:7947";
  node_report report{.node = member.id,
                     .name = member.name,
                     .started = noon,
                     .uptime = seconds{90},
                     .sessions = 12,
                     .term = term,
                     .load = 250,
                     .memory_bytes = 1U << 20U,
                     .actors = 30};
  return {member, report};
}

struct fixture : api_fixture {
  fixture() : api_fixture{{.operator_key_hash = control::sha256("of the operator")}} {
    world->cluster = actors::cluster_view{{0, 1}, {node(1, 3), node(2)}};
    world->cluster_events.entries = {{{.number = 1,
                                       .when = noon + std::chrono::milliseconds{5},
                                       .kind = timeline_kind::node_died,
                                       .seen_by = {0, 1},
                                       .about = {0, 2},
                                       .name = "n2",
                                       .detail = ""},
                                      {{0, 1}, {0, 3}}}};
  }

  std::string code_of(const std::string& target, const std::string& key = "root") {
    auto reply = ask("GET", target, key);
    return std::to_string(reply.status) + " "
           + reply.body.value("error", nlohmann::json::object()).value("code", "");
  }
  std::shared_ptr<actors::cluster_feed> feed() {
    std::lock_guard guard{world->mutex};
    return world->cluster_feed.lock();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(api_cluster_tests, fixture)

CAF_TEST(admins see the nodes and who leads) {
  auto reply = ask("GET", nodes, "root");
  CAF_CHECK_EQUAL(reply.status, 200);
  CAF_CHECK_EQUAL(reply.body["status"], "ok");
  CAF_CHECK_EQUAL(reply.body["leader"], "00000000000000000000000000000001");
  CAF_REQUIRE_EQUAL(reply.body["nodes"].size(), 2u);
  const auto& first = reply.body["nodes"][0];
  CAF_CHECK_EQUAL(first["name"], "n1");
  CAF_CHECK(first["roles"] == nlohmann::json::array({"edge"}));
  CAF_CHECK_EQUAL(first["state"], "alive");
  CAF_CHECK_EQUAL(first["leader"], true);
  CAF_CHECK_EQUAL(first["sessions"], 12);
  CAF_CHECK_EQUAL(first["load"], 0.25);
  CAF_CHECK_EQUAL(first["uptime_seconds"], 90);
  CAF_CHECK_EQUAL(first["cluster_address"], "10.0.0.1:7947");
}

CAF_TEST(what is wrong is said in words) {
  auto& seen = *world->cluster;
  seen.nodes[0].report->term = 0;
  seen.nodes[0].report->ailing = {"store"};
  seen.nodes[1].member.state = membership::state::dead;
  seen.nodes[1].report.reset();
  auto body = ask("GET", nodes, "root").body;
  CAF_CHECK_EQUAL(body["status"], "degraded");
  CAF_CHECK(body["problems"]
            == nlohmann::json::array({"node n1: store does not run", "node n2 is dead",
                                      "no control node leads: nobody gives out names"}));
  CAF_CHECK(body["leader"].is_null());
  CAF_CHECK(body["nodes"][1]["sessions"].is_null());
  CAF_CHECK_EQUAL(body["nodes"][1]["answers"], false);
  seen.nodes[1].member.state = membership::state::left; // in good order
  CAF_CHECK_EQUAL(ask("GET", nodes, "root").body["problems"].size(), 2u);
}

CAF_TEST(a server that stands alone is its only node) {
  world->cluster = actors::cluster_view{{}, {node(0, 1)}};
  world->cluster->nodes[0].member.id = {};
  auto body = ask("GET", nodes, "root").body;
  CAF_CHECK_EQUAL(body["status"], "ok");
  CAF_CHECK(body["nodes"][0]["id"].is_null());
}

CAF_TEST(the cluster is for admins) {
  for (const auto& path : {nodes, all_actors, events}) {
    CAF_CHECK_EQUAL(code_of(path, "ada"), "404 SM-3002");
    CAF_CHECK_EQUAL(code_of(path, ""), "401 SM-3001");
  }
  CAF_CHECK_EQUAL(live_reader(address(), live, "ada").status(), 404);
}

CAF_TEST(the key of the operator is good without a database and opens no more than it should) {
  world->has_database = false;
  CAF_CHECK_EQUAL(ask("GET", nodes, "of the operator").status, 200);
  CAF_CHECK_EQUAL(code_of(nodes, "of the operato"), "503 SM-3006");
  live_reader reader{address(), live, "of the operator"};
  CAF_REQUIRE_EQUAL(reader.status(), 101);
  // The next look at open streams finds no such key in the database, and does not mind.
  world->has_database = true;
  feed()->offer(actors::node_gone{{0, 9}});
  auto told = reader.read();
  CAF_CHECK_EQUAL(told["event"], "node_gone");
}

CAF_TEST(without a key of the operator nobody has it) {
  api_fixture plain{{}};
  CAF_CHECK_EQUAL(plain.ask("GET", nodes, "of the operator").status, 401);
}

CAF_TEST(actors are listed with their kinds as numbers) {
  actor_list list;
  list.actors = {{.name = "reception",
                  .restarts = 1,
                  .last_error = "it fell",
                  .kind = "reception",
                  .group = "edge"}};
  list.crowds = {{"tunnel_session", 9'000, 1, 2}};
  list.busiest = {{"tunnel_session", 17, 1, 2}};
  world->cluster_actors = {{{{0, 1}, list}}, {{0, 2}}};
  auto body = ask("GET", all_actors + "?node=00000000000000000000000000000001", "root").body;
  CAF_REQUIRE_EQUAL(body["nodes"].size(), 1u);
  const auto& there = body["nodes"][0];
  CAF_CHECK_EQUAL(there["actors"][0]["group"], "edge");
  CAF_CHECK_EQUAL(there["actors"][0]["last_error"], "it fell");
  CAF_CHECK_EQUAL(there["crowds"][0]["count"], 9'000);
  CAF_CHECK_EQUAL(there["busiest"][0]["number"], 17);
  CAF_CHECK_EQUAL(body["missing"][0], "00000000000000000000000000000002");
  CAF_CHECK_EQUAL(code_of(all_actors + "?node=00000000000000000000000000000007"), "404 SM-3002");
  CAF_CHECK_EQUAL(code_of(all_actors + "?node=x"), "400 SM-3003");
}

CAF_TEST(events are listed since a time) {
  auto body = ask("GET", events + "?since=2026-11-24T20:00:00.250Z&limit=7", "root").body;
  CAF_REQUIRE_EQUAL(body["events"].size(), 1u);
  const auto& entry = body["events"][0];
  CAF_CHECK_EQUAL(entry["kind"], "node_died");
  CAF_CHECK(entry["time"].get<std::string>().ends_with(".005Z"));
  CAF_CHECK_EQUAL(entry["node"], "00000000000000000000000000000002");
  CAF_CHECK_EQUAL(entry["seen_by"].size(), 2u);
  CAF_REQUIRE_EQUAL(world->events_asked.size(), 1u);
  CAF_CHECK_EQUAL(world->events_asked[0].limit, 7u);
  CAF_CHECK_EQUAL(control::time_text(world->events_asked[0].since), "2026-11-24T20:00:00.250Z");
  for (const auto* query : {"since=yesterday", "since=2026-11-24", "limit=0", "limit=1001",
                            "limit=x", "since=2026-11-24T20:00:00.5"})
    CAF_CHECK_EQUAL(code_of(events + "?" + query), "400 SM-3003");
}

CAF_TEST(an overview that does not answer is a part that is away) {
  world->cluster.reset();
  CAF_CHECK_EQUAL(code_of(nodes), "503 SM-3006");
}

CAF_TEST(changes are shown as they happen) {
  live_reader reader{address(), live, "root"};
  CAF_REQUIRE_EQUAL(reader.status(), 101);
  feed()->offer(actors::node_changed{node(2)});
  auto changed = reader.read();
  CAF_CHECK_EQUAL(changed["event"], "node");
  CAF_CHECK_EQUAL(changed["node"]["name"], "n2");
  feed()->offer(world->cluster_events.entries[0]);
  auto told = reader.read();
  CAF_CHECK_EQUAL(told["event"], "timeline");
  CAF_CHECK_EQUAL(told["entry"]["kind"], "node_died");
  feed()->offer_lost(4);
  auto lost = reader.read();
  CAF_CHECK_EQUAL(lost["event"], "lost");
  CAF_CHECK_EQUAL(lost["count"], 4);
  feed()->end();
  CAF_CHECK_EQUAL(reader.read_close_code(), 1000);
  CAF_CHECK_EQUAL(code_of(live), "400 SM-3003");
}

CAF_TEST(who hangs up looks on no more) {
  auto reader = std::make_unique<live_reader>(address(), live, "root");
  CAF_REQUIRE_EQUAL(reader->status(), 101);
  CAF_CHECK(feed() != nullptr);
  reader.reset();
  CAF_CHECK(await([&] { return feed() == nullptr; }));
}

CAF_TEST_FIXTURE_SCOPE_END()

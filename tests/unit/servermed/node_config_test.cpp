// A node's configuration: the example is valid, and what is wrong is named.
#define CAF_SUITE node_config
#include "nodes/servermed/node_config.hpp"

#include "net/file.hpp"
#include "nodes/servermed/cluster/identity_files.hpp"
#include "tests/unit/servermed/cluster_member.hpp"
#include "tests/unit/support/temporary_directory.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::servermed;

namespace {

struct fixture {
  tests::temporary_directory place;

  result<node_config> read(const std::string& text) {
    auto path = place / "node.yml";
    CAF_REQUIRE(net::write_file(path, text, net::file_readers::owner));
    node_config config;
    if (auto outcome = read_config_file(path, config); !outcome)
      return fail(outcome.error());
    return config;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(node_config_tests, fixture)

CAF_TEST(the example file is valid and says the defaults) {
  node_config config;
  auto outcome = read_config_file(SERVERME_SOURCE_DIR "/config/servermed.yml", config);
  CAF_REQUIRE(outcome);
  CAF_CHECK(check_for_production(config));
  edge::edge_limits defaults;
  const auto& read = config.edge.limits;
  CAF_CHECK_EQUAL(read.head.bytes_max, defaults.head.bytes_max);
  CAF_CHECK_EQUAL(read.head.fields_max, defaults.head.fields_max);
  CAF_CHECK(read.head_timeout == defaults.head_timeout);
  CAF_CHECK(read.idle_timeout == defaults.idle_timeout);
  CAF_CHECK(read.stalled_timeout == defaults.stalled_timeout);
  CAF_CHECK(read.greeting_timeout == defaults.greeting_timeout);
  CAF_CHECK_EQUAL(read.strangers_max, defaults.strangers_max);
  CAF_CHECK_EQUAL(read.visitors_max, defaults.visitors_max);
  CAF_CHECK(read.away_patience == defaults.away_patience);
  CAF_CHECK_EQUAL(read.waiting_max, defaults.waiting_max);
  CAF_CHECK_EQUAL(read.streams_per_lane, defaults.streams_per_lane);
  CAF_CHECK_EQUAL(read.lanes_per_session, defaults.lanes_per_session);
  CAF_CHECK_EQUAL(read.lane_window_bytes, defaults.lane_window_bytes);
  CAF_CHECK_EQUAL(read.account_window_bytes, defaults.account_window_bytes);
  CAF_CHECK_EQUAL(read.loop_window_bytes, defaults.loop_window_bytes);
  CAF_CHECK(read.drain_time == defaults.drain_time);
  CAF_CHECK_EQUAL(read.capture.ring_max, defaults.capture.ring_max);
  CAF_CHECK_EQUAL(read.capture.body_bytes_max, defaults.capture.body_bytes_max);
  CAF_CHECK_EQUAL(config.claims.names_max, control::claim_limits{}.names_max);
  CAF_CHECK_EQUAL(config.claims.ports_max, control::claim_limits{}.ports_max);
  CAF_CHECK(config.tcp_ports == port_range{});
}

CAF_TEST(addresses and ports are checked where they stand) {
  auto outcome = read("http: nonsense\ntls: '[::1]:443'\ntcp_ports: 20-10\ndomain: a b\n");
  CAF_REQUIRE(!outcome);
  const auto& text = outcome.error().detail;
  for (const auto* line : {"node.yml:1: http", "node.yml:3: tcp_ports", "node.yml:4: domain"})
    CAF_CHECK(text.find(line) != std::string::npos);
  CAF_CHECK(text.find("node.yml:2") == std::string::npos);
}

CAF_TEST(the address of lanes needs its port) {
  CAF_CHECK_EQUAL(read("cluster:\n  lanes: 'edge-1.test:443'\n").value().cluster.lanes,
                  "edge-1.test:443");
  auto outcome = read("cluster:\n  lanes: edge-1.test\n");
  CAF_REQUIRE(!outcome);
  CAF_CHECK(outcome.error().detail.find("node.yml:2: lanes") != std::string::npos);
}

CAF_TEST(a certificate without its key is incomplete) {
  auto outcome = read("certificates:\n  - chain: a.pem\n");
  CAF_REQUIRE(!outcome);
  CAF_CHECK(outcome.error().detail.find("`key`") != std::string::npos);
}

CAF_TEST(ranges of ports) {
  CAF_CHECK(parse_port_range("10000-10999").value() == port_range{});
  CAF_CHECK((parse_port_range("5-5").value() == port_range{5, 5}));
  for (const auto* bad :
       {"", "10", "20-10", "0-10", "1-70000", "a-b", "1-2-3", "1-", "-5", "1 - 2"})
    CAF_CHECK(!parse_port_range(bad));
}

CAF_TEST(a production node must be told what has no default) {
  auto outcome = check_for_production(node_config{});
  CAF_REQUIRE(!outcome);
  for (const auto* what : {"data_dir", "domain", "database", "certificates"})
    CAF_CHECK(outcome.error().detail.find(what) != std::string::npos);
}

CAF_TEST(a node needs no more than its roles do) {
  auto missing_of = [this](node_roles roles, const char* name) {
    tests::cluster_member member;
    member.who.roles = roles;
    node_config config;
    config.data_dir = place / name;
    std::filesystem::create_directory(config.data_dir);
    CAF_REQUIRE(begin_identity(config.data_dir, member.request.key));
    auto kept = member.identity();
    if (roles.has(node_role::control))
      kept.cluster_key = "opens the CA";
    CAF_REQUIRE(keep_identity(config.data_dir, kept));
    auto outcome = check_for_production(config);
    return outcome ? std::string{} : outcome.error().detail;
  };
  CAF_CHECK_EQUAL(missing_of({node_role::worker}, "worker"), "");
  auto at_edge = missing_of({node_role::edge}, "edge");
  CAF_CHECK(at_edge.find("certificates") != std::string::npos);
  CAF_CHECK(at_edge.find("database") == std::string::npos);
  CAF_CHECK(missing_of({node_role::control}, "control").starts_with("database"));
}

CAF_TEST(where a node says how it is may be anywhere) {
  CAF_CHECK(!read("api: 127.0.0.1:1\n")->health);
  CAF_CHECK(read("health: '*:9000'\n")->health->port == 9000);
}

CAF_TEST_FIXTURE_SCOPE_END()

// The cluster in a real PostgreSQL: tokens, who may join with them, and who is thrown out.
#define CAF_SUITE cluster_ledger
#include "nodes/control/cluster/cluster_ledger.hpp"

#include "tests/unit/control/cluster_fixture.hpp"
#include "tests/unit/test.hpp"

#include <algorithm>
#include <future>

using namespace serverme;
using namespace serverme::control;
using namespace serverme::tests;

namespace {

struct fixture : founded_cluster {
  redeem_token redeeming(const std::string& secret, node_roles roles = {}) {
    return {net::sha256(secret), roles, {7, ++last_node}, {"node", "", ""}};
  }

  result<admission> redeem(const std::string& secret, node_roles roles = {}) {
    return facts.answer(redeeming(secret, roles), ca.signer_for(request.request));
  }

  admission join(node_roles roles = {node_role::edge}) {
    auto admitted = redeem(token({.roles = roles}));
    CAF_REQUIRE(admitted);
    return *admitted;
  }

  result<admission> renew(const node_id& node, const std::string& its_serial) {
    return facts.answer(renew_node{node, its_serial}, ca.signer_for(request.request));
  }

  std::string count(const std::string& table) {
    return read_sql(settings, "SELECT count(*) FROM " + table);
  }

  std::uint64_t last_node = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cluster_ledger_tests, fixture)

CAF_TEST(a cluster is founded once) {
  auto other = authority::make();
  auto again = facts.answer(
    found_cluster{other.facts(), {other.facts().id, {2, 2}, {node_role::control}}, {"x", "", ""}},
    other.signer_for(request.request), [](const admission&) { return result<done>{done{}}; });
  CAF_CHECK_EQUAL(code_of(again), errc::cluster_exists);
  CAF_CHECK(facts.answer(get_cluster{})->id == ca.facts().id);
  CAF_CHECK_EQUAL(count("nodes"), "1");
}

CAF_TEST(a cluster whose first identity cannot be kept is not founded) {
  auto elsewhere = migrated_database();
  cluster_ledger empty{elsewhere};
  auto outcome
    = empty.answer(found_cluster{ca.facts(), first, {"x", "", ""}}, ca.signer_for(request.request),
                   [](const admission&) { return result<done>{fail(errc::data_dir_unusable)}; });
  CAF_CHECK_EQUAL(code_of(outcome), errc::data_dir_unusable);
  CAF_CHECK_EQUAL(code_of(empty.answer(get_cluster{})), errc::cluster_missing);
  CAF_CHECK_EQUAL(code_of(empty.answer(create_token{std::string(32, 'x'), {node_role::edge}})),
                  errc::cluster_missing);
}

CAF_TEST(the CA key in the database is of no use without cluster key) {
  auto everything = read_sql(settings, "SELECT string_agg(c::text, ' ') FROM cluster c");
  CAF_CHECK(everything.find("PRIVATE KEY") == std::string::npos);
  CAF_CHECK(everything.find(to_hex("PRIVATE KEY")) == std::string::npos);
  CAF_CHECK(everything.find(ca.key()) == std::string::npos);
}

CAF_TEST(a token admits a node with the roles that it allows) {
  auto admitted = redeem(token({.roles = {node_role::edge, node_role::worker}}));
  CAF_REQUIRE(admitted);
  CAF_CHECK((admitted->who.roles == node_roles{node_role::edge, node_role::worker}));
  auto certificate = net::read_node_certificate(admitted->certificate.pem);
  CAF_REQUIRE(certificate);
  CAF_CHECK(certificate->identity == admitted->who);
  auto fewer = redeem(token({.roles = {node_role::edge, node_role::worker}}), {node_role::worker});
  CAF_REQUIRE(fewer);
  CAF_CHECK((fewer->who.roles == node_roles{node_role::worker}));
}

CAF_TEST(each reason to refuse a token has a code of its own) {
  CAF_CHECK_EQUAL(code_of(redeem("nobody made this")), errc::token_unknown);
  auto secret = token();
  CAF_CHECK_EQUAL(code_of(redeem(secret, {node_role::control})), errc::token_role_refused);
  CAF_CHECK_EQUAL(code_of(redeem(secret, {node_role::edge, node_role::worker})),
                  errc::token_role_refused);
  CAF_CHECK(redeem(secret)); // a refusal uses nothing up
  CAF_CHECK_EQUAL(code_of(redeem(secret)), errc::token_used);
  auto revoked = token();
  CAF_CHECK(facts.answer(revoke_token{last_token}));
  CAF_CHECK(facts.answer(revoke_token{last_token}));
  CAF_CHECK_EQUAL(code_of(redeem(revoked)), errc::token_revoked);
  auto late = token();
  let_tokens_expire();
  CAF_CHECK_EQUAL(code_of(redeem(late)), errc::token_expired);
  CAF_CHECK_EQUAL(code_of(facts.answer(revoke_token{{999}})), errc::api_not_found);
}

CAF_TEST(a token has as many uses as it was given) {
  auto secret = token({.roles = {node_role::edge}, .uses = 3});
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(redeem(secret));
  CAF_CHECK_EQUAL(code_of(redeem(secret)), errc::token_used);
}

CAF_TEST(a certificate that cannot be made uses nothing up) {
  auto secret = token();
  auto broken = facts.answer(redeeming(secret), [](const node_identity&) {
    return result<signed_certificate>{fail(errc::api_bad_request)};
  });
  CAF_CHECK_EQUAL(code_of(broken), errc::api_bad_request);
  auto nameless = redeeming(secret);
  nameless.introduction.name = "a\x1b[2Jb";
  CAF_CHECK_EQUAL(code_of(facts.answer(nameless, ca.signer_for(request.request))),
                  errc::api_bad_request);
  CAF_CHECK(redeem(secret));
}

CAF_TEST(of nodes that redeem one token at the same time exactly one joins) {
  for (int round = 0; round < 5; ++round) {
    auto secret = token();
    std::vector<std::future<errc>> attempts;
    for (int i = 0; i < 8; ++i)
      attempts.push_back(std::async(std::launch::async, [this, ask = redeeming(secret)] {
        cluster_ledger own_connection{settings};
        return code_of(own_connection.answer(ask, ca.signer_for(request.request)));
      }));
    auto joined = 0, used = 0;
    for (auto& each : attempts) {
      auto code = each.get();
      joined += code == errc{} ? 1 : 0;
      used += code == errc::token_used ? 1 : 0;
    }
    CAF_CHECK_EQUAL(joined, 1);
    CAF_CHECK_EQUAL(used, 7);
  }
}

CAF_TEST(tokens are listed without their secrets) {
  auto secret = token({.roles = {node_role::worker}, .uses = 2, .label = "rack 3"});
  auto list = facts.answer(list_tokens{});
  CAF_REQUIRE(list);
  CAF_REQUIRE_EQUAL(list->size(), 1u);
  const auto& only = list->front();
  CAF_CHECK_EQUAL(only.label, "rack 3");
  CAF_CHECK_EQUAL(only.uses_left, 2u);
  CAF_CHECK(only.standing == token_standing::good);
  auto lifetime = only.expires - only.created;
  CAF_CHECK(lifetime == std::chrono::hours{1});
  auto everything = read_sql(settings, "SELECT string_agg(t::text, ' ') FROM join_tokens t");
  CAF_CHECK(everything.find(to_hex(net::sha256(secret))) != std::string::npos);
  CAF_CHECK(everything.find(to_hex(secret)) == std::string::npos);
}

CAF_TEST(a token that makes no sense is not made) {
  create_token good{std::string(32, 'x'), {node_role::edge}};
  auto refused = [&](auto change) {
    auto bad = good;
    change(bad);
    return code_of(facts.answer(bad)) == errc::api_bad_request;
  };
  CAF_CHECK(refused([](auto& it) { it.roles = {}; }));
  CAF_CHECK(refused([](auto& it) { it.uses = 0; }));
  CAF_CHECK(refused([](auto& it) { it.uses = 1001; }));
  CAF_CHECK(refused([](auto& it) { it.lifetime = seconds{0}; }));
  CAF_CHECK(refused([](auto& it) { it.lifetime = std::chrono::hours{24 * 31}; }));
  CAF_CHECK(refused([](auto& it) { it.label.assign(101, 'x'); }));
  CAF_CHECK(refused([](auto& it) { it.secret_hash = "short"; }));
  CAF_CHECK(facts.answer(good));
}

CAF_TEST(a member renews its certificate and a removed node does not ) {
  auto node = join();
  auto renewed = renew(node.who.node, node.certificate.serial);
  CAF_REQUIRE(renewed);
  CAF_CHECK(renewed->who == node.who);
  CAF_CHECK(renewed->certificate.serial != node.certificate.serial);
  CAF_CHECK(renew(node.who.node, renewed->certificate.serial));
  CAF_CHECK(facts.answer(remove_node{node.who.node, "operator"}));
  CAF_CHECK(facts.answer(remove_node{node.who.node, "operator"}));
  CAF_CHECK_EQUAL(code_of(renew(node.who.node, renewed->certificate.serial)), errc::node_removed);
}

CAF_TEST(a certificate that is on no record renews nothing) {
  auto node = join();
  CAF_CHECK_EQUAL(code_of(renew(node.who.node, "ABCDEF")), errc::node_removed);
  CAF_CHECK_EQUAL(code_of(renew({99, 99}, node.certificate.serial)), errc::node_removed);
  CAF_CHECK_EQUAL(code_of(renew(first.node, node.certificate.serial)), errc::node_removed);
}

CAF_TEST(a node that renews without need fills no table) {
  auto node = join();
  auto last = node.certificate.serial;
  for (int i = 0; i < 20; ++i)
    last = renew(node.who.node, last).value().certificate.serial;
  CAF_CHECK_EQUAL(count("node_certificates WHERE node = '" + to_string(node.who.node) + "'"), "4");
  CAF_CHECK_EQUAL(code_of(renew(node.who.node, node.certificate.serial)), errc::node_removed);
}

CAF_TEST(nodes are listed with what people need to know) {
  auto node = join({node_role::worker});
  CAF_CHECK(facts.answer(remove_node{node.who.node, "operator"}));
  auto list = facts.answer(list_nodes{});
  CAF_REQUIRE(list);
  CAF_REQUIRE_EQUAL(list->size(), 2u);
  const auto& member = list->at(0);
  CAF_CHECK(member.node == first.node);
  CAF_CHECK_EQUAL(member.serial, serial);
  CAF_CHECK(member.removed == wall_time{});
  CAF_CHECK(member.certificate_ends > member.joined);
  const auto& gone = list->at(1);
  CAF_CHECK(gone.removed > wall_time{});
  CAF_CHECK_EQUAL(gone.removed_by, "operator");
}

CAF_TEST(outcasts are those whose certificates would still be believed) {
  auto node = join(), old = join();
  CAF_CHECK(facts.answer(list_outcasts{})->empty());
  facts.answer(remove_node{node.who.node, "operator"}).value();
  facts.answer(remove_node{old.who.node, "operator"}).value();
  run_sql(settings, "UPDATE node_certificates SET ends_at = now() WHERE node = '"
                      + to_string(old.who.node) + "'");
  CAF_CHECK(facts.answer(list_outcasts{}).value() == std::vector{node.who.node});
}

CAF_TEST(the last control node stays) {
  CAF_CHECK_EQUAL(code_of(facts.answer(remove_node{first.node, "operator"})),
                  errc::last_control_node);
  auto second = join({node_role::control});
  CAF_CHECK(facts.answer(remove_node{first.node, "operator"}));
  CAF_CHECK_EQUAL(code_of(facts.answer(remove_node{second.who.node, "operator"})),
                  errc::last_control_node);
  CAF_CHECK_EQUAL(code_of(facts.answer(remove_node{{99, 99}, "operator"})), errc::api_not_found);
}

CAF_TEST(two control nodes that remove each other leave one) {
  auto second = join({node_role::control});
  std::vector<std::future<errc>> attempts;
  for (auto node : {first.node, second.who.node})
    attempts.push_back(std::async(std::launch::async, [this, node] {
      cluster_ledger own_connection{settings};
      return code_of(own_connection.answer(remove_node{node, "operator"}));
    }));
  std::vector<errc> outcomes;
  for (auto& each : attempts)
    outcomes.push_back(each.get());
  CAF_CHECK_EQUAL(std::ranges::count(outcomes, errc{}), 1);
  CAF_CHECK_EQUAL(std::ranges::count(outcomes, errc::last_control_node), 1);
}

CAF_TEST(control nodes say where they are and others do not count) {
  auto edge = join();
  CAF_CHECK(facts.answer(announce_node{first.node, "10.0.0.1:7946", "10.0.0.1:7947"}));
  CAF_CHECK(facts.answer(announce_node{edge.who.node, "", "10.0.0.2:7947"}));
  auto ways = facts.answer(list_ways{});
  CAF_REQUIRE(ways);
  CAF_CHECK(ways->joins == std::vector<std::string>{"10.0.0.1:7946"});
  CAF_CHECK(ways->seeds == std::vector<std::string>{"10.0.0.1:7947"});
  CAF_CHECK_EQUAL(code_of(facts.answer(announce_node{first.node, "no address", ""})),
                  errc::api_bad_request);
  facts.answer(remove_node{edge.who.node, "operator"}).value();
  CAF_CHECK_EQUAL(code_of(facts.answer(announce_node{edge.who.node, "", ""})), errc::node_removed);
}

CAF_TEST_FIXTURE_SCOPE_END()

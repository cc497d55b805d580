// Certificates of nodes: what is asked for, signed and read again.
#define CAF_SUITE node_certificate
#include "net/cluster/node_certificate.hpp"

#include "net/cluster/cluster_tls.hpp"
#include "tests/unit/support/test_certificate.hpp"
#include "tests/unit/support/test_cluster.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

using std::chrono::hours;

/// What the first of two sides hears that fails; done when both are secured.
result<done> shake(const node_credentials& one, const node_credentials& other) {
  auto client = dial_node(make_cluster_context(one).value());
  auto server = accept_node(make_cluster_context(other).value());
  std::vector<std::byte> plain(64 * 1024);
  byte_queue to_server, to_client;
  for (int turn = 0; turn < 8; ++turn) {
    auto here = client.advance(to_client.view(), plain, to_server);
    to_client.clear();
    if (!here)
      return fail(here.error());
    auto there = server.advance(to_server.view(), plain, to_client);
    to_server.clear();
    if (!there)
      return fail(there.error());
  }
  return done{};
}

} // namespace

CAF_TEST(a signed request is a certificate that says who the node is) {
  test_cluster cluster;
  auto who = cluster.identity(7, {node_role::worker, node_role::control});
  auto read = read_node_certificate(cluster.join_as(who, hours{48}).own.chain).value();
  CAF_CHECK(read.identity == who);
  CAF_CHECK(!read.serial.empty());
  auto left = read.expires - std::chrono::system_clock::now();
  CAF_CHECK(left > hours{47} && left < hours{49});
}

CAF_TEST(a request that its sender has no key for is not signed) {
  test_cluster cluster;
  auto asked = make_node_request();
  auto damaged = asked.request;
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  CAF_CHECK(!sign_node_request(cluster.ca(), damaged, cluster.identity(1), hours{1}));
  CAF_CHECK(!sign_node_request(cluster.ca(), "", cluster.identity(1), hours{1}));
}

CAF_TEST(a certificate that names no node belongs to none) {
  auto web = make_certificate("shop.example.com");
  CAF_CHECK(read_node_certificate(web.chain).error().code == errc::certificate_refused);
  CAF_CHECK(read_node_certificate("no certificate").error().code == errc::certificate_unreadable);
}

CAF_TEST(two nodes of a cluster shake hands) {
  test_cluster cluster;
  CAF_CHECK(shake(cluster.join(1), cluster.join(2)));
}

CAF_TEST(nodes of two clusters do not although both have a CA of one name) {
  test_cluster ours{1}, theirs{1};
  CAF_CHECK(!shake(ours.join(1), theirs.join(2)));
  // And when one of them trusts both, the other still does not.
  auto credulous = ours.join(1);
  credulous.ca += theirs.ca().root().chain;
  CAF_CHECK(!shake(credulous, theirs.join(2)));
}

CAF_TEST(an expired certificate is refused) {
  test_cluster cluster;
  CAF_CHECK(!shake(cluster.join(1, {node_role::edge}, hours{0}), cluster.join(2)));
  CAF_CHECK(!shake(cluster.join(1), cluster.join(2, {node_role::edge}, hours{0})));
}

CAF_TEST(while a CA is replaced nodes of both are trusted) {
  test_cluster before, after;
  auto one = before.join(1), other = after.join(2);
  one.ca += after.ca().root().chain;
  other.ca += before.ca().root().chain;
  CAF_CHECK(shake(one, other));
}

CAF_TEST(a client that offers another protocol is turned away) {
  test_cluster cluster;
  auto credentials = cluster.join(1);
  auto server = accept_node(make_cluster_context(credentials).value());
  auto client = tls_session::connect(
    make_client_context({.alpn = {"serverme/1"}, .verify_peer = false}).value(), "");
  std::vector<std::byte> plain(64 * 1024);
  byte_queue to_server, to_client;
  CAF_CHECK(client.advance({}, plain, to_server));
  CAF_CHECK(!server.advance(to_server.view(), plain, to_client));
}

CAF_TEST(credentials that do not fit together are refused) {
  test_cluster cluster;
  auto mixed = cluster.join(1);
  mixed.own.key = cluster.join(2).own.key;
  CAF_CHECK(make_cluster_context(mixed).error().code == errc::certificate_unreadable);
  auto without_ca = cluster.join(1);
  without_ca.ca = "";
  CAF_CHECK(make_cluster_context(without_ca).error().code == errc::certificate_unreadable);
}

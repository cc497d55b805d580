// Strangers on the port of a node: they get nowhere, and no node is kept out by them.
#define CAF_SUITE peer_strangers
#include "net/cluster/peer_network.hpp"
#include "net/tls.hpp"
#include "tests/unit/net/peer_fixture.hpp"
#include "tests/unit/support/test_certificate.hpp"
#include "tests/unit/test.hpp"

#include <future>

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

struct fixture {
  explicit fixture(peer_limits limits = {.strangers_max = 32, .handshake_timeout = seconds{2}})
    : node{{.credentials = cluster.join(1), .run = 1, .limits = limits}, address{"127.0.0.1", 0}} {}

  /// A node of the cluster comes, now.
  bool a_node_gets_in() {
    test_peer other{{.credentials = cluster.join(2), .run = 2}};
    return other.dial(node.port()).has_value();
  }

  bool is_refused(node_credentials credentials, run_number run = 2) {
    test_peer other{{.credentials = std::move(credentials), .run = run}};
    auto outcome = other.dial(node.port());
    // With TLS 1.3 the client is done before the server has looked at its certificate.
    return !outcome || await([&] { return other.network().counts().peers == 0; });
  }

  std::size_t strangers() { return node.network().counts().strangers; }

  test_cluster cluster;
  test_peer node;
};

/// The bytes of a ClientHello of a client without a certificate.
std::string client_hello() {
  auto client = tls_session::connect(
    make_client_context({.alpn = {"serverme-node/1"}, .verify_peer = false, .only_tls_1_3 = true})
      .value(),
    "");
  std::vector<std::byte> plain(64 * 1024);
  byte_queue out;
  CAF_REQUIRE(client.advance({}, plain, out));
  return std::string{out.text()};
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(peer_strangers_tests, fixture)

CAF_TEST(hundreds of silent connections keep no node out and go) {
  std::vector<raw_stranger> silent;
  for (int i = 0; i < 500; ++i)
    silent.emplace_back(node.port());
  CAF_CHECK(a_node_gets_in());
  CAF_CHECK(await([&] { return node.network().counts().connections_accepted == 501; }));
  CAF_CHECK(strangers() <= 32);
  CAF_CHECK(node.await_refused(peer_refusal::crowded, 400));
  CAF_CHECK(await([&] { return strangers() == 0; }));
  CAF_CHECK(node.network().counts().of(peer_refusal::late) > 0);
  for (auto& each : silent)
    CAF_REQUIRE(await([&] { return each.is_cut(); }));
}

CAF_TEST(random bytes are the end at once) {
  raw_stranger one{node.port()};
  std::string noise;
  std::uint32_t state = 1;
  while (noise.size() < 100'000) {
    state = state * 1664525 + 1013904223;
    noise.push_back(static_cast<char>(state >> 24));
  }
  one.send(noise);
  CAF_CHECK(node.await_refused(peer_refusal::no_tls));
  CAF_CHECK(await([&] { return one.is_cut(); }));
  CAF_CHECK(a_node_gets_in());
}

CAF_TEST(a client that speaks HTTP is the end at once) {
  raw_stranger one{node.port()};
  one.send("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
  CAF_CHECK(node.await_refused(peer_refusal::no_tls));
}

CAF_TEST(who trickles has no more time than who is silent) {
  raw_stranger one{node.port()};
  auto hello = client_hello();
  std::size_t sent = 0;
  CAF_CHECK(await([&] {
    if (sent < hello.size() - 1)
      one.send(hello.substr(sent++, 1));
    return node.network().counts().of(peer_refusal::late) == 1;
  }));
  CAF_CHECK(await([&] { return one.is_cut(); }));
}

CAF_TEST(a client that stops in the middle of its handshake is late) {
  raw_stranger one{node.port()};
  one.send(client_hello());
  CAF_CHECK(node.await_refused(peer_refusal::late));
  CAF_CHECK(await([&] { return one.is_cut(); }));
}

CAF_TEST(a client without a certificate is refused) {
  auto client = tls_session::connect(
    make_client_context({.alpn = {"serverme-node/1"}, .verify_peer = false}).value(), "");
  raw_stranger one{node.port()};
  std::vector<std::byte> plain(256 * 1024);
  auto secured = false;
  CAF_CHECK(await([&] {
    byte_queue out;
    if (auto step = client.advance(as_bytes(one.receive()), plain, out); step)
      secured = secured || step->secured;
    one.send(out.text());
    return node.network().counts().of(peer_refusal::no_tls) == 1;
  }));
  CAF_CHECK(secured); // it came that far
  CAF_CHECK_EQUAL(node.wires(), 0u);
}

CAF_TEST(a node of another cluster is refused) {
  CAF_CHECK(is_refused(test_cluster{}.join(2)));
  // Its CA has the same name, and even the id of the cluster is the same.
  CAF_CHECK_EQUAL(node.wires(), 0u);
}

CAF_TEST(a certificate of our CA for another cluster is refused) {
  auto other = cluster.identity(2);
  other.cluster.value += 1;
  CAF_CHECK(is_refused(cluster.join_as(other)));
  CAF_CHECK(node.await_refused(peer_refusal::not_allowed));
}

CAF_TEST(an expired certificate is refused) {
  CAF_CHECK(is_refused(cluster.join(2, {node_role::edge}, std::chrono::hours{0})));
  CAF_CHECK(node.await_refused(peer_refusal::bad_certificate));
}

CAF_TEST(connections that come and go at once leave nothing) {
  for (int i = 0; i < 300; ++i) {
    raw_stranger one{node.port()};
    if (i % 2 == 0)
      one.send("\x16\x03\x01");
  }
  CAF_CHECK(await([&] { return node.network().counts().connections_accepted == 300; }));
  CAF_CHECK(await([&] { return strangers() == 0; }));
  CAF_CHECK(a_node_gets_in());
}

CAF_TEST(a dial into a black hole holds up no other and is given up) {
  black_hole nowhere;
  test_peer other{
    {.credentials = cluster.join(2), .run = 2, .limits = {.dial_timeout = seconds{3}}}};
  std::promise<errc> given_up;
  auto outcome = given_up.get_future();
  other.network().dial("127.0.0.1", nowhere.port(), [&](const result<dialed_peer>& how) {
    given_up.set_value(how ? errc{} : how.error().code);
  });
  CAF_CHECK(other.dial(node.port()));
  CAF_CHECK(outcome.wait_for(seconds{0}) == std::future_status::timeout);
  CAF_CHECK(outcome.get() == errc::server_unreachable);
}

CAF_TEST(dials have a bound) {
  test_peer other{{.credentials = cluster.join(2), .run = 2, .limits = {.dials_max = 0}}};
  CAF_CHECK(other.dial(node.port()).error().code == errc::too_busy);
}

CAF_TEST_FIXTURE_SCOPE_END()

// Lanes between edges: who may have one, how they come, stay and go.
#define CAF_SUITE peer_lanes

#include "protocol/lane/edge_greeting.hpp"
#include "tests/unit/edge/peer_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

struct fixture : peer_fixture {
  /// Somebody who begins TLS as an edge does.
  visitor& dial(const test_edge& edge, const net::node_credentials& shown,
                std::string_view alpn = edge::alpn_edge) {
    auto context = net::make_cluster_context(shown, alpn).value();
    return *visitors.emplace_back(new visitor{loop, edge.node->tls_address(), context, ""});
  }
  void check_refused(visitor& who) {
    CAF_CHECK(await([&] { return who.is_gone(); }));
    CAF_CHECK(await([&] { return there->counts().strangers_refused == 1; }));
    CAF_CHECK_EQUAL(there->counts().lanes_in.load(), 0u);
  }
  static std::string frame_of(const lane::edge_hello& greeting) {
    byte_queue payload, frame;
    append_to(payload, greeting);
    lane::append_header(frame, {.type = lane::frame_type::hello,
                                .length = static_cast<std::uint16_t>(payload.size())});
    frame.append(payload.view());
    return std::string{frame.text()};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(peer_lanes_tests, fixture)

CAF_TEST(edges that know of each other have a lane each way) {
  start();
  CAF_CHECK(await([&] { return here->counts().lanes_in == 1 && there->counts().lanes_in == 1; }));
  CAF_CHECK_EQUAL(here->counts().lanes_out.load(), 1u);
  CAF_CHECK_EQUAL(here->counts().dials_failed.load(), 0u);
}

CAF_TEST(a certificate of another cluster is refused) {
  there = make_edge(2);
  check_refused(dial(*there, test_cluster{}.join(1)));
}

CAF_TEST(a certificate of another cluster that has the same CA is refused) {
  there = make_edge(2);
  auto stranger = cluster.identity(1);
  stranger.cluster = cluster_id{0xdead};
  check_refused(dial(*there, cluster.join_as(stranger)));
}

CAF_TEST(who has no certificate is refused) {
  there = make_edge(2);
  auto nobody = net::make_client_context({.alpn = {edge::alpn_edge}, .verify_peer = false}).value();
  check_refused(
    *visitors.emplace_back(new visitor{loop, there->node->tls_address(), nobody, "edge.test"}));
}

CAF_TEST(a worker is refused) {
  there = make_edge(2);
  check_refused(dial(*there, cluster.join(1, {node_role::worker})));
}

CAF_TEST(a node that was removed is refused) {
  there = make_edge(2);
  is_allowed = false;
  check_refused(dial(*there, cluster.join(1)));
}

CAF_TEST(a copy of the identity of an edge is refused) {
  there = make_edge(2);
  check_refused(dial(*there, cluster.join(2)));
}

CAF_TEST(who says nothing after its handshake has to go) {
  config.limits.greeting_timeout = milliseconds{100};
  there = make_edge(2);
  check_refused(dial(*there, cluster.join(1)));
}

CAF_TEST(what a later version says in its greeting is skipped) {
  there = make_edge(2);
  auto& who = dial(*there, cluster.join(1));
  CAF_REQUIRE(await([&] { return who.user.secured; }));
  auto greeting = frame_of({.version_max = 9, .loop = 1000, .window = 65'536});
  greeting += std::string{"\x3f\0\1x", 4};
  greeting[3] = static_cast<char>(greeting[3] + 4);
  who.send(greeting);
  CAF_REQUIRE(await([&] { return who.user.received.size() > lane::header_bytes; }));
  auto welcome = lane::parse_edge_welcome(
    as_bytes(std::string_view{who.user.received}.substr(lane::header_bytes)));
  CAF_REQUIRE(welcome);
  CAF_CHECK_EQUAL(welcome->version, 1u);
  CAF_CHECK_EQUAL(welcome->loops, 1u);
  CAF_CHECK_EQUAL(there->counts().lanes_in.load(), 1u);
}

CAF_TEST(a version that is not spoken here is told so) {
  there = make_edge(2);
  auto& who = dial(*there, cluster.join(1));
  CAF_REQUIRE(await([&] { return who.user.secured; }));
  who.send(frame_of({.version_min = 7, .version_max = 8}));
  CAF_REQUIRE(await([&] { return who.user.ended; }));
  auto why
    = lane::parse_goaway(as_bytes(std::string_view{who.user.received}.substr(lane::header_bytes)));
  CAF_REQUIRE(why);
  CAF_CHECK_EQUAL(why->code, errc::version_unsupported);
}

CAF_TEST(an edge that answers with the certificate of another gets nothing of a visitor) {
  there = make_edge(3);
  here = make_edge(1);
  here->node->set_neighbours(
    {{cluster.identity(2).node, net::to_string(there->node->tls_address())}});
  CAF_CHECK(await([&] { return here->counts().dials_failed > 0; }));
  CAF_CHECK_EQUAL(here->counts().lanes_out.load(), 0u);
}

CAF_TEST(an edge that stands alone takes another edge for a stranger) {
  there = std::make_unique<test_edge>(config, certificates, node_id{});
  auto& who = dial(*there, cluster.join(1));
  CAF_CHECK(await([&] { return who.is_gone(); }));
  there->node->set_neighbours({{node_id{1, 1}, "127.0.0.1:1"}});
  CAF_CHECK_EQUAL(there->counts().dials.load(), 0u);
}

CAF_TEST(an edge that is not there is dialed again and again and found when it comes) {
  here = make_edge(1);
  config.tls.port = free_port(loop);
  here->node->set_neighbours(
    {{cluster.identity(2).node, "127.0.0.1:" + std::to_string(config.tls.port)}});
  CAF_REQUIRE(await([&] { return here->counts().dials_failed >= 2; }));
  there = make_edge(2);
  CAF_CHECK(await([&] { return has_lanes(*here); }));
}

CAF_TEST(a lane that was lost comes back) {
  start();
  auto port = there->node->tls_address().port;
  there.reset();
  CAF_REQUIRE(await([&] { return !has_lanes(*here); }));
  config.tls.port = port;
  there = make_edge(2);
  CAF_CHECK(await([&] { return has_lanes(*here); }));
}

CAF_TEST(an edge that is not named any more loses its lane) {
  start();
  here->node->set_neighbours({});
  CAF_CHECK(await([&] { return !has_lanes(*here) && there->counts().lanes_in == 0; }));
  CAF_CHECK(has_lanes(*there));
}

CAF_TEST(lanes of a node that is removed end) {
  start();
  is_allowed = false;
  CAF_CHECK(await([&] { return there->counts().lanes_in == 0 && !has_lanes(*here); }));
  is_allowed = true;
  CAF_CHECK(await([&] { return has_lanes(*here) && has_lanes(*there); }));
}

CAF_TEST(a renewed certificate is shown from then on) {
  there = make_edge(2);
  here = make_edge(1);
  // A CA of which the other knows nothing yet.
  here->node->set_credentials(edge::peer_credentials::make(test_cluster{}.join(1)).value());
  here->node->set_neighbours({there->as_neighbour()});
  CAF_REQUIRE(await([&] { return here->counts().dials_failed > 0; }));
  here->node->set_credentials(edge::peer_credentials::make(cluster.join(1)).value());
  CAF_CHECK(await([&] { return has_lanes(*here); }));
}

CAF_TEST(each loop has a lane to the loop of its number) {
  config.loops = 3;
  start();
  CAF_CHECK(await([&] { return here->counts().lanes_out == 3 && there->counts().lanes_in == 3; }));
}

CAF_TEST(silent connections that offer the ALPN of edges keep nobody out) {
  config.limits.strangers_max = 4;
  there = make_edge(2);
  for (int i = 0; i < 8; ++i)
    visitors.emplace_back(new visitor{loop, there->node->tls_address()});
  CAF_REQUIRE(await([&] { return there->node->counters().strangers_dropped >= 4; }));
  here = make_edge(1);
  here->node->set_neighbours({there->as_neighbour()});
  CAF_CHECK(await([&] { return has_lanes(*here); }));
}

CAF_TEST_FIXTURE_SCOPE_END()

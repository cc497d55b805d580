// Actors of two nodes find each other, lose each other and find each other again.
#define CAF_SUITE cluster_transport
#include "nodes/cluster/cluster_transport.hpp"

#include "actors/transport/caf_io.hpp"
#include "tests/unit/cluster/cluster_fixture.hpp"
#include "tests/unit/support/test_door_open.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

struct fixture {
  std::unique_ptr<test_node> start(std::uint64_t number, run_number run = 1, std::uint16_t port = 0,
                                   net::peer_limits limits = {}) {
    return std::make_unique<test_node>(cluster, number, run, port, limits);
  }

  test_cluster cluster;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cluster_transport_tests, fixture)

CAF_TEST(an actor of another node is found by its name and answers) {
  auto one = start(1), two = start(2);
  two->offer_echo();
  link_owner link{*one, two->port()};
  CAF_REQUIRE(await([&] { return link.is_up(); }));
  CAF_CHECK_EQUAL(link.ask("hello"), "hello from 2");
  CAF_CHECK(link.who() == cluster.identity(2));
  CAF_CHECK_EQUAL(one->peers(), 1u);
  CAF_CHECK(await([&] { return two->peers() == 1; }));
}

CAF_TEST(the id that CAF knows a node by is the one of its certificate) {
  auto one = start(1, 7);
  CAF_CHECK(actors::node_of(one->system.node()) == cluster.identity(1).node);
  CAF_CHECK(one->system.node() == actors::caf_node_of(basp_node_of(cluster.identity(1), 7)));
  CAF_CHECK(one->system.node() != actors::caf_node_of(basp_node_of(cluster.identity(1), 8)));
}

CAF_TEST(over one connection both reach each other) {
  auto one = start(1), two = start(2);
  one->offer_echo();
  two->offer_echo();
  link_owner there{*one, two->port()};
  link_owner back{*two, one->port()};
  CAF_REQUIRE(await([&] { return there.is_up() && back.is_up(); }));
  CAF_CHECK_EQUAL(there.ask("x"), "x from 2");
  CAF_CHECK_EQUAL(back.ask("y"), "y from 1");
  CAF_CHECK(await([&] { return one->transport->network().counts().peers == 1; }));
}

CAF_TEST(a node that was started again is found again) {
  auto one = start(1), two = start(2);
  two->offer_echo();
  auto port = two->port();
  link_owner link{*one, port};
  CAF_REQUIRE(await([&] { return link.is_up(); }));
  two.reset();
  CAF_REQUIRE(await([&] { return link.downs() == 1; }));
  two = start(2, 2, port);
  two->offer_echo();
  CAF_REQUIRE(await([&] { return link.ups() == 2; }));
  CAF_CHECK_EQUAL(link.ask("again"), "again from 2");
}

CAF_TEST(a link that is cut heals) {
  auto one = start(1), two = start(2);
  two->offer_echo();
  link_owner link{*one, two->port()};
  for (int round = 1; round <= 10; ++round) {
    CAF_REQUIRE(await([&] { return link.ups() == round && link.is_up(); }));
    CAF_REQUIRE_EQUAL(link.ask("round"), "round from 2");
    auto& cutter = round % 2 == 0 ? *one : *two;
    cutter.transport->network().drop(cluster.identity(round % 2 == 0 ? 2 : 1).node);
    CAF_REQUIRE(await([&] { return link.downs() == round; }));
  }
}

CAF_TEST(a process that takes the place of another one is not cut with it) {
  test_node host{cluster, 1, 1, 0, {.elder_silent_after = milliseconds{0}}};
  host.offer_echo();
  test_node former{cluster, 2, 1}, latter{cluster, 2, 2};
  {
    link_owner link{former, host.port()};
    CAF_REQUIRE(await([&] { return link.is_up() && host.peers() == 1; }));
  }
  link_owner link{latter, host.port()};
  CAF_REQUIRE(await([&] { return link.is_up() && former.peers() == 0; }));
  for (int round = 0; round < 100; ++round)
    CAF_REQUIRE_EQUAL(link.ask("round"), "round from 1");
  auto lost = host.transport->network().counts();
  CAF_CHECK(lost.of(net::peer_loss::replaced) == 1 && lost.of(net::peer_loss::closed) == 0);
  CAF_CHECK_EQUAL(link.downs(), 0);
}

CAF_TEST(an actor that dies on a node that lives is told and found again when there is a new one) {
  auto one = start(1), two = start(2);
  auto first = two->offer_echo();
  link_owner link{*one, two->port()};
  CAF_REQUIRE(await([&] { return link.is_up(); }));
  caf::anon_send_exit(first, caf::exit_reason::kill);
  CAF_REQUIRE(await([&] { return link.downs() == 1; }));
  two->offer_echo();
  CAF_REQUIRE(await([&] { return link.is_up() && link.ask("x", seconds{1}) == "x from 2"; }));
  CAF_CHECK(one->transport->network().counts().of(net::peer_loss::left) == 0);
}

CAF_TEST(an actor that does not understand what it must is not handed out) {
  auto one = start(1), two = start(2);
  two->offer_echo("right");
  link_owner wrong{*one, two->port(), "right", {"something else"}};
  link_owner right{*one, two->port(), "right"};
  CAF_REQUIRE(await([&] { return right.is_up(); }));
  CAF_CHECK_EQUAL(wrong.ups(), 0);
}

CAF_TEST(a service that is offered later is found then) {
  auto one = start(1), two = start(2);
  link_owner link{*one, two->port()};
  CAF_REQUIRE(await([&] { return one->peers() == 1; }));
  two->offer_echo();
  CAF_CHECK(await([&] { return link.is_up(); }));
}

CAF_TEST(a gateway that fails takes its connections along and the next one has them anew) {
  auto one = start(1), two = start(2);
  two->offer_echo();
  link_owner link{*one, two->port()};
  CAF_REQUIRE(await([&] { return link.is_up(); }));
  caf::anon_send(caf::actor_cast<caf::actor>(two->transport->gateway()), crash_order{"a bug"});
  CAF_CHECK(await([&] { return link.downs() == 1; }));
  CAF_REQUIRE(await([&] { return link.ups() == 2; }));
  CAF_CHECK_EQUAL(link.ask("again"), "again from 2"); // offered by the former one
  CAF_CHECK(await([&] { return one->peers() == 1 && two->peers() == 1; }));
}

CAF_TEST(a message that is too large cuts the link and the link heals) {
  net::peer_limits limits{.basp = {.message_bytes_max = 100'000}};
  auto one = start(1), two = start(2, 1, 0, limits);
  two->offer_echo();
  link_owner link{*one, two->port()};
  CAF_REQUIRE(await([&] { return link.is_up(); }));
  CAF_CHECK_EQUAL(link.ask(std::string(200'000, 'x'), seconds{1}), "");
  CAF_REQUIRE(await([&] { return link.ups() == 2 && link.is_up(); }));
  CAF_CHECK_EQUAL(link.ask(std::string(50'000, 'x')).size(), 50'007u);
  CAF_CHECK_EQUAL(two->transport->network().counts().of(net::peer_loss::violation), 1u);
}

CAF_TEST(three nodes are a mesh and the end of one is nothing to the others) {
  auto one = start(1), two = start(2), three = start(3);
  for (auto* each : {&one, &two, &three})
    (*each)->offer_echo();
  link_owner one_two{*one, two->port()}, one_three{*one, three->port()},
    two_three{*two, three->port()};
  CAF_REQUIRE(await([&] { return one_two.is_up() && one_three.is_up() && two_three.is_up(); }));
  three.reset();
  CAF_CHECK(await([&] { return one_three.downs() == 1 && two_three.downs() == 1; }));
  CAF_CHECK_EQUAL(one_two.ask("still here"), "still here from 2");
  CAF_CHECK_EQUAL(one_two.downs(), 0);
}

CAF_TEST(a node that says nothing for long is lost) {
  net::peer_limits limits{.silent_after
                          = milliseconds{1'000}}; // CAF's heartbeat is every two seconds
  auto one = start(1, 1, 0, limits), two = start(2);
  two->offer_echo();
  link_owner link{*one, two->port()};
  CAF_REQUIRE(await([&] { return link.is_up(); }));
  CAF_CHECK(await([&] { return link.downs() >= 1; }));
  CAF_CHECK(one->transport->network().counts().of(net::peer_loss::silent) >= 1);
}

CAF_TEST(an idle link is kept by heartbeats) {
  net::peer_limits limits{.silent_after = milliseconds{4'500}};
  auto one = start(1, 1, 0, limits), two = start(2, 1, 0, limits);
  two->offer_echo();
  link_owner link{*one, two->port()};
  CAF_REQUIRE(await([&] { return link.is_up(); }));
  auto before = one->transport->network().counts().bytes_in;
  // Three of 32 bytes: longer than the silence that would end it.
  CAF_CHECK(await([&] { return one->transport->network().counts().bytes_in >= before + 96; }));
  CAF_CHECK_EQUAL(link.downs(), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()

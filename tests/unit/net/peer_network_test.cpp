// Nodes that connect, and what becomes of their connections.
#define CAF_SUITE peer_network
#include "net/cluster/peer_network.hpp"

#include "tests/unit/net/peer_fixture.hpp"
#include "tests/unit/test.hpp"

#include <future>

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

const address anywhere{"127.0.0.1", 0};

// Waits no longer for a sign of life.
const peer_limits impatient{.elder_silent_after = milliseconds{300}};

struct fixture {
  peer_network_options younger(std::uint64_t node) const {
    auto later = options(node);
    later.run = 99;
    return later;
  }

  peer_network_options options(std::uint64_t node, peer_limits limits = {}) const {
    return {.credentials = cluster.join(node, {node_role::edge, node_role::control}),
            .run = static_cast<run_number>(node),
            .limits = limits};
  }

  /// Everything that has come on a wire, until it has all of `wanted`.
  static bool hears(peer_wire& wire, std::string_view wanted) {
    auto heard = std::make_shared<byte_queue>();
    return await([&] {
      wire.take(*heard);
      return heard->text() == wanted;
    });
  }

  /// Both ends of a connection after both have shaken hands as CAF does.
  std::pair<std::shared_ptr<peer_wire>, std::shared_ptr<peer_wire>> connect(test_peer& from,
                                                                            test_peer& to) {
    auto before = to.wires();
    auto here = from.dial(to.port()).value().wire;
    CAF_REQUIRE(here && await([&] { return to.wires() > before; }));
    auto there = to.last_wire();
    auto first = basp_handshake(basp_side::dialed, here->peer(), here->peer_run());
    auto second = basp_handshake(basp_side::dialing, there->peer(), there->peer_run());
    there->send(as_bytes(first));
    here->send(as_bytes(second));
    CAF_REQUIRE(hears(*here, first) && hears(*there, second));
    return {here, there};
  }

  test_cluster cluster;
};

bool has_ended(peer_wire& wire) {
  byte_queue ignored;
  return await([&] { return !wire.take(ignored); });
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(peer_network_tests, fixture)

CAF_TEST(both ends know who the other is) {
  test_peer one{options(1)}, two{options(2), anywhere};
  auto [here, there] = connect(one, two);
  CAF_CHECK(here->peer() == cluster.identity(2, {node_role::edge, node_role::control}));
  CAF_CHECK_EQUAL(here->peer_run(), 2u);
  CAF_CHECK(there->peer().node == cluster.identity(1).node);
  CAF_CHECK_EQUAL(there->peer_run(), 1u);
}

CAF_TEST(bytes go both ways and the end is told) {
  test_peer one{options(1)}, two{options(2), anywhere};
  auto [here, there] = connect(one, two);
  auto large = basp_message(3'000'000);
  here->send(as_bytes(large));
  there->send(as_bytes(basp_message(10)));
  CAF_CHECK(hears(*there, large));
  CAF_CHECK(hears(*here, basp_message(10)));
  here->send(as_bytes(basp_message(20)));
  here->close();
  CAF_CHECK(hears(*there, basp_message(20)));
  CAF_CHECK(has_ended(*there));
  CAF_CHECK(one.await_lost(peer_loss::closed) && two.await_lost(peer_loss::left));
  CAF_CHECK_EQUAL(two.network().counts().peers, 0u);
  CAF_CHECK(two.network().counts().bytes_in > large.size());
}

CAF_TEST(news is told once until it is taken) {
  test_peer one{options(1)}, two{options(2), anywhere};
  auto [here, there] = connect(one, two);
  std::atomic<int> news{0};
  there->start([&] { ++news; });
  here->send(as_bytes(basp_message(10)));
  CAF_CHECK(await([&] { return news == 1; }));
  here->send(as_bytes(basp_message(10)));
  CAF_CHECK(await([&] { return two.network().counts().bytes_in >= 64 + 2 * 42; }));
  CAF_CHECK_EQUAL(news.load(), 1);
  CAF_CHECK(hears(*there, basp_message(10) + basp_message(10)));
  here->close();
  CAF_CHECK(await([&] { return news == 2; }));
  there->close();
}

CAF_TEST(a node that is connected is not dialed again) {
  test_peer one{options(1)}, two{options(2), anywhere};
  auto ends = connect(one, two);
  auto again = one.dial(two.port()).value();
  CAF_CHECK(again.wire == nullptr);
  CAF_CHECK(again.who.node == cluster.identity(2).node);
  CAF_CHECK_EQUAL(one.network().counts().peers, 1u);
}

CAF_TEST(two that dial each other end up with one connection) {
  test_peer one{options(1), anywhere}, two{options(2), anywhere};
  for (int round = 0; round < 20; ++round) {
    auto there = std::async(std::launch::async, [&] { return one.dial(two.port()); });
    auto here = two.dial(one.port());
    auto both = there.get();
    CAF_REQUIRE(await([&] {
      return one.network().counts().peers == 1 && two.network().counts().peers == 1
             && one.network().counts().strangers == 0 && two.network().counts().strangers == 0;
    }));
    CAF_REQUIRE(both && here);
    one.network().drop(cluster.identity(2).node);
    CAF_REQUIRE(await(
      [&] { return one.network().counts().peers == 0 && two.network().counts().peers == 0; }));
  }
}

CAF_TEST(who connects anew replaces what is left of him) {
  test_peer two{options(2, impatient), anywhere};
  test_peer one{options(1)};
  auto ends = connect(one, two);
  test_peer again{younger(1)};
  auto fresh = connect(again, two);
  CAF_CHECK(two.await_lost(peer_loss::replaced));
  CAF_CHECK(has_ended(*ends.second));
  CAF_CHECK_EQUAL(fresh.second->peer_run(), 99u);
  CAF_CHECK_EQUAL(two.network().counts().peers, 1u);
}

CAF_TEST(a younger process with the identity of one that is heard is refused) {
  test_peer two{options(2), anywhere}, one{options(1)};
  auto [here, there] = connect(one, two);
  test_peer copy{younger(1)};
  auto outcome = std::async(std::launch::async, [&] { return copy.dial(two.port()); });
  CAF_REQUIRE(await([&, &wire = *here] {
    wire.send(as_bytes(basp_message(10)));
    return two.network().counts().of(peer_refusal::identity_in_use) == 1;
  }));
  auto told = outcome.get();
  CAF_REQUIRE(!told);
  CAF_CHECK(told.error().code == errc::identity_in_use);
  CAF_CHECK_EQUAL(one.network().counts().peers, 1u);
  CAF_CHECK_EQUAL(two.network().counts().peers, 1u);
  CAF_CHECK_EQUAL(two.wires(), 1u);
}

CAF_TEST(an elder process that comes back drives the younger one out) {
  test_peer two{options(2), anywhere}, copy{younger(1)};
  auto ends = connect(copy, two);
  test_peer one{options(1)};
  CAF_CHECK(one.dial(two.port()).value().wire);
  CAF_CHECK(has_ended(*ends.first));
  CAF_CHECK_EQUAL(two.last_wire()->peer_run(), 1u);
}

CAF_TEST(of two processes of one second the elder stays too) {
  auto first = options(1), second = options(1);
  first.run_nanoseconds = 1'000;
  second.run_nanoseconds = 2'000;
  test_peer two{options(2), anywhere}, copy{second}, one{first};
  auto ends = connect(copy, two);
  CAF_CHECK(one.dial(two.port()).value().wire);
  CAF_CHECK(has_ended(*ends.first));
}

CAF_TEST(a node does not talk to itself and a copy of it is told so) {
  test_peer two{options(2), anywhere}, same{options(2)}, copy{younger(2), anywhere};
  CAF_CHECK(same.dial(two.port()).error().code == errc::certificate_refused);
  CAF_CHECK(same.await_refused(peer_refusal::same_identity));
  CAF_CHECK(copy.dial(two.port()).error().code == errc::identity_in_use);
  CAF_CHECK(two.dial(copy.port()).error().code == errc::certificate_refused);
  CAF_CHECK_EQUAL(two.wires() + copy.wires(), 0u);
}

CAF_TEST(a removed node is told so and believes it of a control node alone) {
  test_peer one{options(1)}, two{options(2), anywhere};
  two.allows = false;
  CAF_CHECK(one.dial(two.port()).error().code == errc::node_removed);
  auto of_edge = options(3);
  of_edge.credentials = cluster.join(3, {node_role::edge});
  test_peer edge{of_edge, anywhere};
  edge.allows = false;
  CAF_CHECK(one.dial(edge.port()).error().code == errc::certificate_refused);
}

CAF_TEST(a removed node is refused and one that is removed later is cut) {
  test_peer one{options(1)}, two{options(2), anywhere};
  two.allows = false;
  CAF_CHECK(!one.dial(two.port()));
  CAF_CHECK(two.await_refused(peer_refusal::not_allowed));
  two.allows = true;
  auto [here, there] = connect(one, two);
  two.network().recheck(); // nothing changed
  two.allows = false;
  two.network().recheck();
  CAF_CHECK(has_ended(*there) && has_ended(*here));
  CAF_CHECK(two.await_lost(peer_loss::dropped));
}

CAF_TEST(a silent peer is noticed) {
  auto limits = peer_limits{.silent_after = milliseconds{700}};
  test_peer one{options(1, limits)}, two{options(2, limits), anywhere};
  auto [here, there] = connect(one, two);
  CAF_CHECK(one.await_lost(peer_loss::silent) || two.await_lost(peer_loss::silent));
  CAF_CHECK(has_ended(*here) && has_ended(*there));
}

CAF_TEST(a proven node that says no BASP is cut) {
  auto limits = peer_limits{.handshake_timeout = milliseconds{500}};
  test_peer one{options(1)}, two{options(2, limits), anywhere};
  CAF_CHECK(one.dial(two.port()));
  CAF_CHECK(two.await_lost(peer_loss::late));
}

CAF_TEST(a peer that does not read costs no more than the bound and is dropped) {
  auto limits = peer_limits{.unsent_bytes_max = 8'000'000, .untaken_bytes_max = 100'000};
  test_peer one{options(1, limits)}, two{options(2, limits), anywhere};
  auto [here, there] = connect(one, two);
  auto message = basp_message(500'000);
  CAF_CHECK(await([&, &wire = *here] {
    wire.send(as_bytes(message));
    return one.network().counts().of(peer_loss::slow) == 1;
  }));
  CAF_CHECK(has_ended(*here));
  CAF_CHECK(has_ended(*there));
}

CAF_TEST(a peer that is read slowly loses nothing) {
  auto limits = peer_limits{.untaken_bytes_max = 10'000};
  test_peer one{options(1)}, two{options(2, limits), anywhere};
  auto [here, there] = connect(one, two);
  auto message = basp_message(100'000);
  std::string all;
  for (int i = 0; i < 50; ++i) {
    here->send(as_bytes(message));
    all += message;
  }
  CAF_CHECK(hears(*there, all));
}

CAF_TEST(a message that is too large cuts the link before it has come) {
  test_peer one{options(1)}, two{options(2, {.basp = {.message_bytes_max = 1000}}), anywhere};
  auto [here, there] = connect(one, two);
  here->send(as_bytes(basp_message(1001)));
  CAF_CHECK(two.await_lost(peer_loss::violation));
  CAF_CHECK(has_ended(*there) && has_ended(*here));
}

CAF_TEST(a node that claims the id of another is cut) {
  test_peer one{options(1)}, two{options(2), anywhere};
  auto here = one.dial(two.port()).value().wire;
  here->send(as_bytes(basp_handshake(basp_side::dialing, cluster.identity(3), 1)));
  CAF_CHECK(two.await_lost(peer_loss::violation));
}

CAF_TEST(a new certificate serves without a stop) {
  test_peer one{options(1)}, two{options(2), anywhere};
  CAF_CHECK(two.network().renew(cluster.join(2, {node_role::edge, node_role::worker})));
  auto [here, there] = connect(one, two);
  CAF_CHECK(here->peer().roles.has(node_role::worker));
  CAF_CHECK(two.network().renew(cluster.join(3)).error().code == errc::certificate_refused);
}

CAF_TEST(whoever stops tells everybody and hangs on nothing) {
  auto hanging = std::make_shared<std::promise<void>>();
  auto opened = hanging->get_future().share();
  auto slow_names = options(1);
  slow_names.resolve = [opened](const std::string&) -> result<std::vector<std::string>> {
    opened.wait();
    return fail(errc::server_unreachable, "too late");
  };
  test_peer one{slow_names}, two{options(2), anywhere};
  auto [here, there] = connect(one, two);
  std::promise<errc> told;
  one.network().dial("slow.example.com", 1, [&](result<dialed_peer> outcome) {
    told.set_value(outcome ? errc{} : outcome.error().code);
  });
  raw_stranger silent{two.port()};
  one.stop();
  CAF_CHECK(told.get_future().get() == errc::closed_by_owner);
  CAF_CHECK(has_ended(*here) && has_ended(*there));
  here->send(as_bytes(basp_message(10))); // nothing happens
  here->close();
  two.stop();
  CAF_CHECK(await([&] { return silent.is_cut(); }));
  hanging->set_value();
}

CAF_TEST_FIXTURE_SCOPE_END()

// Nodes of one network hear where the others of their cluster are, and nobody else can tell them.
#define CAF_SUITE lan_beacon
#include "net/cluster/lan_beacon.hpp"

#include "tests/unit/support/loopback.hpp"
#include "tests/unit/support/test_cluster.hpp"
#include "tests/unit/test.hpp"

#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/udp.hpp>

#include <chrono>
#include <random>

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

using std::chrono::hours;

struct caller {
  std::vector<std::pair<node_id, address>> heard;
  std::unique_ptr<lan_beacon> beacon;

  bool has_heard(std::uint64_t number, std::uint16_t port) const {
    return std::ranges::any_of(
      heard, [&](const auto& x) { return x.first.low == number && x.second.port == port; });
  }
};

struct fixture {
  fixture() {
    // One that no other test uses at the same time: the group is shared by the machine.
    std::random_device random;
    options.group = {"239.255.83.78", static_cast<std::uint16_t>(20'000 + random() % 10'000)};
    options.interface = "127.0.0.1";
    options.first_period = milliseconds{20};
    options.period = milliseconds{50};
  }

  std::unique_ptr<caller> call(const node_credentials& who, std::uint16_t port) {
    auto made = std::make_unique<caller>();
    auto opened = lan_beacon::open(
      loop, beacon_seal::make(who).value(), port, options,
      [&heard = made->heard](const node_certificate& from, const address& where) {
        heard.emplace_back(from.identity.node, where);
      });
    CAF_REQUIRE(opened);
    made->beacon = *std::move(opened);
    return made;
  }

  void shout(bytes_view datagram) {
    using boost::asio::ip::udp;
    udp::socket socket{loop.context(), udp::v4()};
    socket.set_option(
      boost::asio::ip::multicast::outbound_interface{boost::asio::ip::address_v4::loopback()});
    socket.send_to(
      boost::asio::buffer(datagram.data(), datagram.size()),
      udp::endpoint{boost::asio::ip::make_address(options.group.host), options.group.port});
  }

  test_cluster cluster, other{0xc2}, same_id{0xc1};
  lan_beacon_options options;
  event_loop loop;
};

errc refusal(const beacon_seal& seal, bytes_view datagram) {
  auto found = seal.check(datagram);
  return found ? errc{} : found.error().code;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(lan_beacon_tests, fixture)

CAF_TEST(nodes of one cluster hear where each other listen) {
  auto one = call(cluster.join(1), 1'111), two = call(cluster.join(2), 2'222);
  CAF_CHECK(run_until(loop, [&] { return one->has_heard(2, 2'222) && two->has_heard(1, 1'111); }));
  CAF_CHECK_EQUAL(one->heard.front().second.host, "127.0.0.1");
  CAF_CHECK(!one->has_heard(1, 1'111));
}

CAF_TEST(who does not listen hears and is not heard) {
  auto silent = call(cluster.join(1), 0), two = call(cluster.join(2), 2'222);
  CAF_CHECK(run_until(loop, [&] { return silent->has_heard(2, 2'222); }));
  CAF_CHECK(two->heard.empty());
  CAF_CHECK_EQUAL(silent->beacon->counts().sent, 0u);
}

CAF_TEST(clusters of one network do not hear each other) {
  auto ours = call(cluster.join(1), 1'111), theirs = call(other.join(2), 2'222),
       impostor = call(same_id.join(3), 3'333);
  CAF_CHECK(run_until(loop, [&] { return ours->beacon->counts().refused >= 4; }));
  CAF_CHECK(ours->heard.empty());
  CAF_CHECK(theirs->heard.empty());
  CAF_CHECK(impostor->heard.empty());
}

CAF_TEST(a renewed certificate is called from then on) {
  auto one = call(cluster.join(1), 1'111), two = call(cluster.join(2), 2'222);
  CAF_REQUIRE(run_until(loop, [&] { return one->has_heard(2, 2'222); }));
  two->beacon->renew(beacon_seal::make(cluster.join(7)).value());
  CAF_CHECK(run_until(loop, [&] { return one->has_heard(7, 2'222); }));
}

CAF_TEST(a flood of datagrams is looked at only so often) {
  auto one = call(cluster.join(1), 1'111);
  auto forged = beacon_seal::make(same_id.join(3)).value().call(3'333);
  for (int i = 0; i < 200; ++i)
    shout(forged.view());
  CAF_CHECK(run_until(loop, [&] { return one->beacon->counts().refused >= 150; }));
  CAF_CHECK(one->heard.empty());
}

CAF_TEST(only a whole beacon that a node of the cluster has signed is believed) {
  auto seal = beacon_seal::make(cluster.join(1)).value();
  auto called = beacon_seal::make(cluster.join(2, {node_role::worker})).value().call(4'444);
  auto found = seal.check(called.view());
  CAF_REQUIRE(found);
  CAF_CHECK_EQUAL(found->port, 4'444u);
  CAF_CHECK(found->who.identity.roles.has(node_role::worker));
  for (std::size_t size = 0; size < called.size(); ++size)
    CAF_CHECK(!seal.check(called.view().first(size)));
  for (std::size_t at = 0; at < called.size(); ++at) {
    auto changed = std::string{called.text()};
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CAF_CHECK(!seal.check(as_bytes(changed)));
  }
  CAF_CHECK(refusal(seal, as_bytes(std::string{called.text()} + "x")) == errc::protocol_violation);
  auto refused = errc::certificate_refused;
  CAF_CHECK(refusal(seal, beacon_seal::make(other.join(2)).value().call(1).view()) == refused);
  CAF_CHECK(refusal(seal, beacon_seal::make(same_id.join(2)).value().call(1).view()) == refused);
  auto expired = cluster.join(2, {node_role::edge}, hours{0});
  CAF_CHECK(refusal(seal, beacon_seal::make(expired).value().call(1).view()) == refused);
}

CAF_TEST_FIXTURE_SCOPE_END()

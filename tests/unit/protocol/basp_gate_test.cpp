// What another node may say to CAF.
#define CAF_SUITE basp_gate
#include "protocol/cluster/basp_gate.hpp"

#include "protocol/big_endian.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;

namespace {

enum operation : std::uint8_t { server = 0, client, direct, routed, monitor, down, heartbeat };

const basp_node peer = basp_node_of({cluster_id{1}, node_id{2, 3}, {node_role::edge}}, 77);
const basp_node self = basp_node_of({cluster_id{1}, node_id{4, 5}, {node_role::edge}}, 88);
const basp_node third = basp_node_of({cluster_id{1}, node_id{6, 7}, {node_role::edge}}, 99);

std::string node(const basp_node& who) {
  byte_queue out;
  out.append(big_endian(std::uint64_t{0x00003e9aab9bac79}));
  out.append(big_endian(who.run));
  out.append(who.host);
  return std::string{out.text()};
}

std::string message(std::uint8_t what, const std::string& payload, std::uint32_t announced) {
  byte_queue out;
  out.append(std::string{static_cast<char>(what), 0, 0, 0});
  out.append(big_endian(announced));
  out.append(std::string(24, '\x07'));
  out.append(payload);
  return std::string{out.text()};
}

std::string message(std::uint8_t what, const std::string& payload = {}) {
  return message(what, payload, static_cast<std::uint32_t>(payload.size()));
}

const std::string hello = message(client, node(peer));

struct fixture {
  /// @returns the code of what was wrong
  errc feed(const std::string& bytes) {
    auto outcome = gate.feed(as_bytes(bytes), out);
    return outcome ? errc{} : outcome.error().code;
  }

  basp_gate gate{basp_side::dialing, peer, self, {.message_bytes_max = 1000}};
  byte_queue out;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(basp_gate_tests, fixture)

CAF_TEST(a handshake and messages pass as they came) {
  auto all = hello + message(direct, "a message") + message(heartbeat)
             + message(monitor, node(peer) + node(self))
             + message(down, node(peer) + node(self) + "why") + message(direct);
  CAF_CHECK(feed(all) == errc{});
  CAF_CHECK_EQUAL(out.text(), all);
  CAF_CHECK(gate.is_open());
}

CAF_TEST(it does not matter in what pieces they come) {
  auto all = hello + message(direct, "a message") + message(routed, node(third) + node(self) + "x")
             + message(monitor, node(peer) + node(self)) + message(heartbeat);
  for (char each : all)
    CAF_REQUIRE(feed(std::string{each}) == errc{});
  CAF_CHECK_EQUAL(out.text(), hello + message(direct, "a message")
                                + message(monitor, node(peer) + node(self)) + message(heartbeat));
}

CAF_TEST(nothing passes before the handshake) {
  CAF_CHECK(feed(message(direct, "too early")) == errc::protocol_violation);
  CAF_CHECK(out.empty());
  CAF_CHECK(!gate.is_open());
}

CAF_TEST(who was dialed greets as who was dialed) {
  CAF_CHECK(feed(message(server, node(peer))) == errc::protocol_violation);
  basp_gate other{basp_side::dialed, peer, self};
  CAF_CHECK(other.feed(as_bytes(message(server, node(peer) + "interface")), out));
  CAF_CHECK(other.is_open());
}

CAF_TEST(a handshake is said again by the same node in the same way or not at all) {
  CAF_CHECK(feed(hello + hello) == errc{}); // as CAF does
  CAF_CHECK_EQUAL(out.text(), hello + hello);
  auto same_start = gate;
  CAF_CHECK(feed(message(server, node(peer))) == errc::protocol_violation);
  gate = same_start;
  CAF_CHECK(feed(message(client, node(third))) == errc::protocol_violation);
}

CAF_TEST(nobody claims the id of another node) {
  CAF_CHECK(feed(message(client, node(third))) == errc::protocol_violation);
  CAF_CHECK(out.empty());
}

CAF_TEST(nobody claims the id of an earlier run) {
  auto earlier = peer;
  earlier.run -= 1;
  CAF_CHECK(feed(message(client, node(earlier))) == errc::protocol_violation);
}

CAF_TEST(an id in another form than ours is none) {
  auto as_uri = node(peer);
  as_uri[5] = 'x';
  CAF_CHECK(feed(message(client, as_uri)) == errc::protocol_violation);
}

CAF_TEST(a message that announces too much is refused before any of it came) {
  CAF_CHECK(feed(hello) == errc{});
  CAF_CHECK(feed(message(direct, "", 0xffffffff)) == errc::frame_too_large);
  CAF_CHECK_EQUAL(out.text(), hello);
}

CAF_TEST(a message of the largest size passes) {
  auto all = hello + message(direct, std::string(1000, 'x'));
  CAF_CHECK(feed(all) == errc{});
  CAF_CHECK_EQUAL(out.text(), all);
  CAF_CHECK(feed(message(direct, std::string(1001, 'x'))) == errc::frame_too_large);
}

CAF_TEST(messages for or from a third node are left out while the link goes on) {
  CAF_CHECK(feed(hello) == errc{});
  CAF_CHECK(feed(message(routed, node(peer) + node(third) + "x")) == errc{});
  CAF_CHECK(feed(message(down, node(third) + node(self) + "x")) == errc{});
  CAF_CHECK(feed(message(monitor, node(peer) + node(third))) == errc{});
  CAF_CHECK(feed(message(heartbeat)) == errc{});
  CAF_CHECK_EQUAL(out.text(), hello + message(heartbeat));
  CAF_CHECK_EQUAL(gate.left_out(), 3u);
}

CAF_TEST(what is no message is a violation) {
  CAF_CHECK(feed(hello) == errc{});
  auto same_start = gate;
  CAF_CHECK(feed(message(7)) == errc::protocol_violation);
  gate = same_start;
  CAF_CHECK(feed(message(heartbeat, "x")) == errc::protocol_violation);
  gate = same_start;
  CAF_CHECK(feed(message(down, node(peer))) == errc::protocol_violation);
}

CAF_TEST_FIXTURE_SCOPE_END()

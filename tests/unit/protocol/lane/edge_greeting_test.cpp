// How edges begin a lane between them: what they say, in any pieces, and what is no greeting.
#define CAF_SUITE edge_greeting
#include "protocol/lane/edge_greeting.hpp"

#include "tests/unit/protocol/hex.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::lane;
using serverme::tests::from_hex;
using serverme::tests::to_hex;

namespace {

const edge_hello some_hello{
  .version_min = 1, .version_max = 2, .loop = 3, .node = "edge-1", .window = 262'144};

std::string frame_of(const std::string& payload, frame_type type = frame_type::hello,
                     stream_id stream = 0) {
  byte_queue out;
  append_header(
    out, {.type = type, .length = static_cast<std::uint16_t>(payload.size()), .stream = stream});
  out.append(payload);
  return std::string{out.text()};
}

template <class Message>
std::string bytes_of(const Message& x) {
  byte_queue out;
  append_to(out, x);
  return std::string{out.text()};
}

errc refusal_of(const std::string& received) {
  auto outcome = read_edge_hello(as_bytes(received));
  CAF_REQUIRE(!outcome);
  return outcome.error().code;
}

} // namespace

CAF_TEST(the bytes of a hello are those of the specification) {
  CAF_CHECK_EQUAL(to_hex(frame_of(bytes_of(some_hello))), "0100001f00000000"
                                                          "0100020001"
                                                          "0200020002"
                                                          "0300020003"
                                                          "040006656467652d31"
                                                          "05000400040000");
}

CAF_TEST(what was written is read again) {
  CAF_CHECK(*parse_edge_hello(as_bytes(bytes_of(some_hello))) == some_hello);
  const edge_welcome answer{.version = 1, .loops = 8, .node = "edge-2", .window = 65'536};
  CAF_CHECK(*parse_edge_welcome(as_bytes(bytes_of(answer))) == answer);
}

CAF_TEST(a hello that comes byte by byte is read when it is whole) {
  auto whole = frame_of(bytes_of(some_hello));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto part = read_edge_hello(as_bytes(whole.substr(0, size)));
    CAF_REQUIRE(part);
    CAF_CHECK(!*part);
  }
  auto all = read_edge_hello(as_bytes(whole));
  CAF_REQUIRE(all && *all);
  CAF_CHECK(**all == some_hello);
}

CAF_TEST(fields of a later version are skipped) {
  auto later = bytes_of(some_hello) + from_hex("3f0002abcd");
  CAF_CHECK(*parse_edge_hello(as_bytes(later)) == some_hello);
}

CAF_TEST(what is no hello is refused) {
  auto hello = bytes_of(some_hello);
  CAF_CHECK_EQUAL(refusal_of(frame_of(hello, frame_type::ping)), errc::protocol_violation);
  CAF_CHECK_EQUAL(refusal_of(frame_of(hello, frame_type::hello, 2)), errc::protocol_violation);
  CAF_CHECK_EQUAL(refusal_of(frame_of(hello) + "x"), errc::protocol_violation);
  CAF_CHECK_EQUAL(refusal_of(frame_of("")), errc::protocol_violation);
  CAF_CHECK_EQUAL(refusal_of(frame_of(std::string(9000, 'x')).substr(0, header_bytes)),
                  errc::frame_too_large);
}

CAF_TEST(an edge without event loops is none) {
  CAF_CHECK(!parse_edge_welcome(as_bytes(bytes_of(edge_welcome{.version = 1, .loops = 0}))));
}

// The header that is in front of every frame.
#define CAF_SUITE frame
#include "protocol/lane/frame.hpp"

#include "tests/unit/protocol/hex.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::lane;
using serverme::tests::from_hex;
using serverme::tests::to_hex;

CAF_TEST(a header is eight bytes in network order) {
  byte_queue out;
  append_header(
    out, {.type = frame_type::data, .flags = flag_fin, .length = 0x1234, .stream = 0xa1b2c3d4});
  CAF_CHECK_EQUAL(to_hex(out.text()), "03011234a1b2c3d4");
  auto back = read_header(out.view());
  CAF_REQUIRE(back);
  CAF_CHECK(
    *back
    == (frame_header{
      .type = frame_type::data, .flags = flag_fin, .length = 0x1234, .stream = 0xa1b2c3d4}));
}

CAF_TEST(header and payload fill one TLS record at most) {
  CAF_CHECK(read_header(as_bytes(from_hex("03 00 3ff8 00000002"))));
  auto large = read_header(as_bytes(from_hex("03 00 3ff9 00000002")));
  CAF_REQUIRE(!large);
  CAF_CHECK(large.error().code == errc::frame_too_large);
}

CAF_TEST(a type that is not known yet can be read) {
  auto header = read_header(as_bytes(from_hex("ff 80 0000 00000000")));
  CAF_REQUIRE(header);
  CAF_CHECK_EQUAL(static_cast<int>(header->type), 255);
}

CAF_TEST(what follows a header does not matter to it) {
  auto header = read_header(as_bytes(from_hex("07 02 0008 00000000 ffffffffffffffff")));
  CAF_REQUIRE(header);
  CAF_CHECK(header->type == frame_type::ping);
  CAF_CHECK_EQUAL(header->length, 8u);
}

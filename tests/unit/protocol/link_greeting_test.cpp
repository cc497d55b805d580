// The first bytes between two nodes.
#define CAF_SUITE link_greeting
#include "protocol/cluster/link_greeting.hpp"

#include "tests/unit/protocol/hex.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;

namespace {

byte_queue bytes_of(const link_greeting& greeting) {
  byte_queue out;
  append(out, greeting);
  return out;
}

} // namespace

CAF_TEST(a greeting is these bytes) {
  auto out = bytes_of({link_greeting::verdict::duplicate, 1, {0x01020304, 0x05060708}});
  CAF_CHECK(out.text() == std::string_view("SMNL\0\1\1\1\2\3\4\5\6\7\10\0", 16));
}

CAF_TEST(a greeting is read as it was written) {
  link_greeting greeting{link_greeting::verdict::same_identity, 9, {0xfffffffe, 999'999'999}};
  CAF_CHECK(read_link_greeting(bytes_of(greeting).view()).value() == greeting);
}

CAF_TEST(a verdict of a later version is read and is none of ours) {
  auto out = bytes_of({});
  auto later = std::byte{77};
  out.overwrite(6, {&later, 1});
  CAF_CHECK(read_link_greeting(out.view()).value().says != link_greeting::verdict::yes);
}

CAF_TEST(bytes that are no greeting are a violation) {
  CAF_CHECK(read_link_greeting(as_bytes("GET / HTTP/1.1\r\n")).error().code
            == errc::protocol_violation);
  CAF_CHECK(read_link_greeting(bytes_of({.version = 0}).view()).error().code
            == errc::version_unsupported);
}

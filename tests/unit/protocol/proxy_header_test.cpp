// The PROXY protocol: bytes as its specification lists them.
#define CAF_SUITE proxy_header
#include "protocol/proxy_header.hpp"

#include "tests/unit/protocol/hex.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using serverme::tests::from_hex;
using serverme::tests::to_hex;

namespace {

const std::string signature = "0d0a0d0a000d0a515549540a";

std::string v1(const proxied_connection& from) {
  byte_queue out;
  append_proxy_header(out, proxy_protocol::v1, from);
  return std::string{out.text()};
}

std::string v2(const proxied_connection& from) {
  byte_queue out;
  append_proxy_header(out, proxy_protocol::v2, from);
  return to_hex(out.text());
}

/// The 16 bytes of an IPv6 address, as version 2 carries it.
std::string ipv6(std::string_view text) {
  auto header = v2({.visitor_address = text, .server_address = "::"});
  return header.size() == 2 * 52 ? header.substr(32, 32) : "LOCAL";
}

} // namespace

CAF_TEST(version 1 is a line of text) {
  CAF_CHECK_EQUAL(v1({"203.0.113.7", 55123, "198.51.100.1", 22}),
                  "PROXY TCP4 203.0.113.7 198.51.100.1 55123 22\r\n");
  CAF_CHECK_EQUAL(v1({"2001:db8::7", 1, "::1", 65535}), "PROXY TCP6 2001:db8::7 ::1 1 65535\r\n");
}

CAF_TEST(version 2 is binary) {
  CAF_CHECK_EQUAL(v2({"203.0.113.7", 55123, "198.51.100.1", 22}),
                  signature + "2111000c" + "cb007107" + "c6336401" + "d753" + "0016");
  CAF_CHECK_EQUAL(v2({"2001:db8::7", 1, "::1", 65535}),
                  signature + "21210024" + "20010db8000000000000000000000007"
                    + "00000000000000000000000000000001" + "0001" + "ffff");
}

CAF_TEST(what is not two addresses of one family is unknown) {
  for (auto [visitor, server] : {std::pair{"", ""},
                                 {"203.0.113.7", ""},
                                 {"", "203.0.113.7"},
                                 {"203.0.113.7", "::1"},
                                 {"::ffff:203.0.113.7", "203.0.113.7"},
                                 {"example.com", "203.0.113.7"},
                                 {"203.0.113", "203.0.113.7"},
                                 {"203.0.113.7.8", "203.0.113.7"},
                                 {"203.0.113.256", "203.0.113.7"},
                                 {"203.0.113.07", "203.0.113.7"},
                                 {"203.0.113.+7", "203.0.113.7"},
                                 {" 203.0.113.7", "203.0.113.7"},
                                 {"203.0.113.7\r\nX", "203.0.113.7"},
                                 {"203..113.7", "203.0.113.7"}}) {
    CAF_CHECK_EQUAL(v1({visitor, 1, server, 2}), "PROXY UNKNOWN\r\n");
    CAF_CHECK_EQUAL(v2({visitor, 1, server, 2}), signature + "20000000");
  }
}

CAF_TEST(an IPv6 address may be written in many ways) {
  CAF_CHECK_EQUAL(ipv6("::"), std::string(32, '0'));
  CAF_CHECK_EQUAL(ipv6("1:2:3:4:5:6:7:8"), "00010002000300040005000600070008");
  CAF_CHECK_EQUAL(ipv6("1::8"), "00010000000000000000000000000008");
  CAF_CHECK_EQUAL(ipv6("FE80::abCD"), "fe80000000000000000000000000abcd");
  CAF_CHECK_EQUAL(ipv6("1:2:3:4:5:6:7::"), "00010002000300040005000600070000");
  CAF_CHECK_EQUAL(ipv6("::ffff:203.0.113.7"), "00000000000000000000ffffcb007107");
  CAF_CHECK_EQUAL(ipv6("1:2:3:4:5:6:203.0.113.7"), "000100020003000400050006cb007107");
}

CAF_TEST(and not in others) {
  for (auto text : {":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8",
                    "12345::", "g::", "::1%eth0", "1:", ":1",
                    "::1:", "203.0.113.7::", "::203.0.113.7:1", "::203.0.113", "[::1]"})
    CAF_CHECK_EQUAL(ipv6(text), "LOCAL");
}

CAF_TEST(without the protocol nothing is said) {
  byte_queue out;
  append_proxy_header(out, proxy_protocol::none, {"203.0.113.7", 1, "203.0.113.8", 2});
  CAF_CHECK(out.empty());
}

// ClientHellos: real ones, split everywhere, and what only looks like one.
#define CAF_SUITE client_hello
#include "protocol/client_hello.hpp"

#include "protocol/big_endian.hpp"
#include "tests/unit/protocol/hex.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using serverme::tests::from_hex;

namespace {

// OpenSSL 3, for "shop.Example.com", offering h2 and http/1.1.
const std::string of_browser = from_hex(
  "1603010200010001fc030388df8706b291354a5a20a5a6e97a878de57afee3217d63ec52d171a29d8a9dc420"
  "90eca873a81b810a4652f7a372a0f58c4b2ce0f3023f4adff5561b85135780910024130213031301c02cc030"
  "c02bc02fcca9cca8c024c028c023c027009f009e006b006700ff0100018f00000015001300001073686f702e"
  "4578616d706c652e636f6d000b000403000102000a00160014001d0017001e00190018010001010102010301"
  "04002300000010000e000c02683208687474702f312e310016000000170000000d002a002804030503060308"
  "0708080809080a080b080408050806040105010601030303010302040205020602002b00050403040303002d"
  "00020101003300260024001d002050b8d31542b9404134ac0b5c3386a1338bd415facb4ebf3b604b52f294a9"
  "d32d001500cb0000000000000000000000000000000000000000000000000000000000000000000000000000"
  "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
  "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
  "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
  "000000000000000000000000000000000000000000000000000000000000000000");

// OpenSSL 3, for "agent.example.com", offering serverme/1.
const std::string of_agent = from_hex(
  "1603010200010001fc03030fae07f957f229f598a35c6f0f2ecf8412e271d1dc06329d453671ff9bd1fbfe20"
  "98ef1d0dcab85807b0d373693b4491a2e90d43a7e1658951e9dd59e1a010c5ca0024130213031301c02cc030"
  "c02bc02fcca9cca8c024c028c023c027009f009e006b006700ff0100018f0000001600140000116167656e74"
  "2e6578616d706c652e636f6d000b000403000102000a00160014001d0017001e001900180100010101020103"
  "0104002300000010000d000b0a7365727665726d652f310016000000170000000d002a002804030503060308"
  "0708080809080a080b080408050806040105010601030303010302040205020602002b00050403040303002d"
  "00020101003300260024001d00205aa9dab08878685bc35ee7e1e58cdfe8baadab6613c0116cef2d26df3b16"
  "6521001500cb0000000000000000000000000000000000000000000000000000000000000000000000000000"
  "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
  "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
  "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
  "000000000000000000000000000000000000000000000000000000000000000000");

// OpenSSL 3 at TLS 1.2, without a name and without ALPN.
const std::string nameless = from_hex(
  "160301009d01000099030339b26379a5b12a1d8d5699507db182467038ad3e15ca1a1b5239e7b493b80c8200"
  "001ec02cc030c02bc02fcca9cca8c024c028c023c027009f009e006b006700ff01000052000b000403000102"
  "000a000c000a001d0017001e00190018002300000016000000170000000d002a002804030503060308070808"
  "0809080a080b080408050806040105010601030303010302040205020602");

constexpr std::size_t record_header = 5;

std::string u16(std::size_t value) {
  return std::string{as_text(bytes_view{big_endian(static_cast<std::uint16_t>(value))})};
}

std::string record(std::string_view piece) {
  return from_hex("16 0301") + u16(piece.size()) + std::string{piece};
}

/// The same handshake message in records of `size` bytes.
std::string in_records_of(std::size_t size, std::string_view one_record) {
  std::string out;
  for (auto rest = one_record.substr(record_header); !rest.empty();
       rest.remove_prefix(std::min(size, rest.size())))
    out += record(rest.substr(0, size));
  return out;
}

std::string extension(std::size_t type, const std::string& content) {
  return u16(type) + u16(content.size()) + content;
}
std::string server_name(std::string_view name) {
  auto entry = std::string(1, '\0') + u16(name.size()) + std::string{name};
  return extension(0, u16(entry.size()) + entry);
}
std::string protocols(const std::string& list) { return extension(16, u16(list.size()) + list); }

/// A small ClientHello with these extensions.
std::string hello_with(const std::string& extensions) {
  auto body = from_hex("0303") + std::string(32, 'r') + from_hex("00 0002 1301 01 00")
              + u16(extensions.size()) + extensions;
  return record(from_hex("01 00") + u16(body.size()) + body);
}

/// The parsed hello, "more", or "no".
std::string verdict(std::string_view bytes) {
  auto hello = parse_client_hello(as_bytes(bytes));
  if (!hello)
    return hello.error().code == errc::bad_request ? "no" : "another error";
  return *hello ? "name " + (*hello)->server_name : "more";
}

} // namespace

CAF_TEST(a real ClientHello tells its name and protocols) {
  auto hello = parse_client_hello(as_bytes(of_browser));
  CAF_REQUIRE(hello && *hello);
  CAF_CHECK_EQUAL((*hello)->server_name, "shop.example.com");
  CAF_CHECK((*hello)->alpn == (std::vector<std::string>{"h2", "http/1.1"}));
  CAF_CHECK((*hello)->offers("h2"));
  CAF_CHECK(!(*hello)->offers("h"));
  CAF_CHECK(!(*hello)->offers("serverme/1"));
}

CAF_TEST(an agent is known by its protocol) {
  auto hello = parse_client_hello(as_bytes(of_agent));
  CAF_REQUIRE(hello && *hello);
  CAF_CHECK((*hello)->offers("serverme/1"));
  CAF_CHECK_EQUAL((*hello)->server_name, "agent.example.com");
}

CAF_TEST(a ClientHello may have neither) {
  auto hello = parse_client_hello(as_bytes(nameless));
  CAF_REQUIRE(hello && *hello);
  CAF_CHECK_EQUAL((*hello)->server_name, "");
  CAF_CHECK((*hello)->alpn.empty());
  auto body = from_hex("0303") + std::string(32, 'r') + from_hex("00 0002 1301 01 00");
  CAF_CHECK_EQUAL(verdict(record(from_hex("01 00") + u16(body.size()) + body)), "name ");
}

CAF_TEST(it may be cut at every byte) {
  for (const auto* whole : {&of_browser, &of_agent, &nameless})
    for (std::size_t size = 0; size < whole->size(); ++size)
      CAF_REQUIRE_EQUAL(verdict(std::string_view{*whole}.substr(0, size)), "more");
}

CAF_TEST(it may be split over records of any size) {
  for (std::size_t size : {1UL, 2UL, 3UL, 4UL, 5UL, 37UL, 100UL, 511UL}) {
    auto split = in_records_of(size, of_browser);
    CAF_CHECK_EQUAL(verdict(split), "name shop.example.com");
    for (std::size_t cut = 0; cut < split.size(); cut += 7)
      CAF_REQUIRE_EQUAL(verdict(std::string_view{split}.substr(0, cut)), "more");
  }
}

CAF_TEST(what follows it does not matter) {
  CAF_CHECK_EQUAL(verdict(of_browser + "anything"), "name shop.example.com");
}

CAF_TEST(what is no TLS is refused at its first wrong byte) {
  CAF_CHECK_EQUAL(verdict("G"), "no");
  CAF_CHECK_EQUAL(verdict("SSH-2.0-"), "no");
  CAF_CHECK_EQUAL(verdict(from_hex("15")), "no");              // an alert
  CAF_CHECK_EQUAL(verdict(from_hex("16 02")), "no");           // no version of TLS
  CAF_CHECK_EQUAL(verdict(from_hex("16 0301 0000")), "no");    // an empty record
  CAF_CHECK_EQUAL(verdict(from_hex("16 0301 4001")), "no");    // a record too large
  CAF_CHECK_EQUAL(verdict(from_hex("16 0301 0200 02")), "no"); // a ServerHello
  CAF_CHECK_EQUAL(verdict(from_hex("16 0301 0200 01 0001fc 02")), "no");
  CAF_CHECK_EQUAL(verdict(from_hex("16 0301 0001 01 17")), "no"); // another record within
  CAF_CHECK_EQUAL(verdict(from_hex("80 2e 01 03 01")), "no");     // SSL 2
}

CAF_TEST(nobody makes us collect more than the limit) {
  CAF_CHECK_EQUAL(verdict(from_hex("16 0301 0004 01 010000")), "no");
  CAF_CHECK_EQUAL(verdict(from_hex("16 0301 0004 01 ffffff")), "no");
  // Within the limit itself, beyond it with the headers of its many records.
  auto tiny_records = from_hex("16 0301 0004 01 00f000 16 0301 0001 03");
  while (tiny_records.size() < client_hello_bytes_max)
    tiny_records += from_hex("16 0301 0001 00");
  CAF_CHECK_EQUAL(verdict(tiny_records), "no");
  CAF_CHECK_EQUAL(verdict(std::string_view{tiny_records}.substr(0, client_hello_bytes_max - 1)),
                  "more");
}

CAF_TEST(every length that lies is noticed) {
  // Each byte of the message in turn becomes 0xff or 0: nothing may be read beyond the end.
  for (auto i = record_header + 1; i < of_browser.size(); ++i)
    for (char wrong : {'\xff', '\0'}) {
      auto lie = of_browser;
      lie[i] = wrong;
      auto said = verdict(lie);
      CAF_REQUIRE(said == "no" || said == "more" || said.starts_with("name "));
    }
}

CAF_TEST(a name must be one host name) {
  CAF_CHECK_EQUAL(verdict(hello_with(server_name("a.test"))), "name a.test");
  CAF_CHECK_EQUAL(verdict(hello_with(server_name("A.Test."))), "name a.test");
  using namespace std::string_view_literals;
  for (auto name : {""sv, "a b"sv, "a\0.test"sv, "a.test:443"sv, "[::1]"sv, "a/../b"sv, "."sv})
    CAF_CHECK_EQUAL(verdict(hello_with(server_name(name))), "no");
  CAF_CHECK_EQUAL(verdict(hello_with(server_name(std::string(300, 'a')))), "no");
}

CAF_TEST(what could be understood in two ways is refused) {
  CAF_CHECK_EQUAL(verdict(hello_with(server_name("a.test") + server_name("b.test"))), "no");
  CAF_CHECK_EQUAL(verdict(hello_with(protocols("\x02h2") + protocols("\x02h3"))), "no");
  auto entry = std::string(1, '\0') + u16(1) + "a";
  CAF_CHECK_EQUAL(verdict(hello_with(extension(0, u16(2 * entry.size()) + entry + entry))), "no");
}

CAF_TEST(malformed extensions are refused) {
  CAF_CHECK_EQUAL(verdict(hello_with("\1")), "no");
  CAF_CHECK_EQUAL(verdict(hello_with(u16(5) + u16(3) + "ab")), "no");
  CAF_CHECK_EQUAL(verdict(hello_with(extension(0, ""))), "no");
  CAF_CHECK_EQUAL(verdict(hello_with(extension(0, u16(0)))), "no");
  CAF_CHECK_EQUAL(verdict(hello_with(protocols(""))), "no");
  CAF_CHECK_EQUAL(verdict(hello_with(protocols(std::string(1, '\0')))), "no");
  CAF_CHECK_EQUAL(verdict(hello_with(protocols("\x05h2"))), "no");
  CAF_CHECK_EQUAL(verdict(hello_with(extension(16, u16(3) + "\x02h2" + "x"))), "no");
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += "\x02h2";
  CAF_CHECK_EQUAL(verdict(hello_with(protocols(many))), "no");
}

// Join tokens: one word that says whom to trust, where to go, and a secret; and what they are made
// of, addresses of nodes and base64url (RFC 4648, section 10 has the examples).
#define CAF_SUITE join_token
#include "protocol/cluster/join_token.hpp"

#include "protocol/base64url.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;

namespace {

join_token example() {
  return {.ca_fingerprint = std::string(join_token::fingerprint_bytes, '\xa5'),
          .secret = std::string(join_token::secret_bytes, '\x01'),
          .addresses = {{"10.0.0.7", 7946}, {"fd00::1", 7946}}};
}

errc refusal_of(const std::string& text) {
  auto read = parse_join_token(text);
  return read ? errc{} : read.error().code;
}

} // namespace

CAF_TEST(a token is read as it was written) {
  auto text = to_string(example());
  CAF_CHECK(text.starts_with("smjoin_"));
  CAF_CHECK_EQUAL(
    text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
    std::string::npos);
  CAF_CHECK(parse_join_token(text) == result<join_token>{example()});
}

CAF_TEST(blanks and line ends around it do not matter) {
  CAF_CHECK(parse_join_token(" \t" + to_string(example()) + "\r\n").has_value());
}

CAF_TEST(any single slip in copying is noticed) {
  auto text = to_string(example());
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto changed = text;
    changed[at] = text[at] == 'x' ? 'y' : 'x';
    CAF_CHECK_EQUAL(refusal_of(changed), errc::token_malformed);
    auto shorter = text;
    shorter.erase(at, 1);
    CAF_CHECK_EQUAL(refusal_of(shorter), errc::token_malformed);
    CAF_CHECK_EQUAL(refusal_of(text.substr(0, at)), errc::token_malformed);
    if (at > 0 && text[at] != text[at - 1]) {
      auto swapped = text;
      std::swap(swapped[at], swapped[at - 1]);
      CAF_CHECK_EQUAL(refusal_of(swapped), errc::token_malformed);
    }
  }
}

CAF_TEST(what is no token at all is told so) {
  for (const auto* bad : {"", "smjoin_", "sm_live_abc", "smjoin_AAAA", "smjoin_AAAAA"})
    CAF_CHECK_EQUAL(refusal_of(bad), errc::token_malformed);
  CAF_CHECK_EQUAL(refusal_of("smjoin_" + std::string(100'000, 'A')), errc::token_malformed);
}

CAF_TEST(a token without an address or with too many is none) {
  auto token = example();
  token.addresses.clear();
  CAF_CHECK_EQUAL(refusal_of(to_string(token)), errc::token_malformed);
  token.addresses.assign(join_token::addresses_max, {std::string(200, 'a'), 65535});
  CAF_CHECK(parse_join_token(to_string(token)).has_value());
  token.addresses.push_back({"a", 1});
  CAF_CHECK_EQUAL(refusal_of(to_string(token)), errc::token_malformed);
}

CAF_TEST(names and numeric addresses are written as they are read) {
  for (const auto* text :
       {"db1.example.com:7946", "10.0.0.7:1", "[fd00::1]:65535", "node_3:7946"}) {
    auto read = parse_node_address(text);
    CAF_REQUIRE(read);
    CAF_CHECK_EQUAL(to_string(*read), text);
  }
}

CAF_TEST(a port may be assumed) {
  CAF_CHECK(parse_node_address("db1", 7946) == (node_address{"db1", 7946}));
  CAF_CHECK(parse_node_address("[::1]", 7946) == (node_address{"::1", 7946}));
  CAF_CHECK(parse_node_address("db1:80", 7946) == (node_address{"db1", 80}));
  CAF_CHECK(!parse_node_address("db1"));
}

CAF_TEST(what is no address is refused) {
  for (const auto* bad : {"", ":1", "a:", "a:0", "a:65536", "a:1x", "a b:1", "-a:1", ".a:1", "::1",
                          "fd00::1:80", "[]:1", "[a.b]:1", "[::1", "[::1]x", "a:1\n", "a/b:1"})
    CAF_CHECK(!parse_node_address(bad, 7946));
  CAF_CHECK(!parse_node_address(std::string(254, 'a') + ":1"));
}

CAF_TEST(the examples of the RFC are written without padding) {
  CAF_CHECK_EQUAL(to_base64url(""), "");
  CAF_CHECK_EQUAL(to_base64url("f"), "Zg");
  CAF_CHECK_EQUAL(to_base64url("fo"), "Zm8");
  CAF_CHECK_EQUAL(to_base64url("foo"), "Zm9v");
  CAF_CHECK_EQUAL(to_base64url("foobar"), "Zm9vYmFy");
  CAF_CHECK_EQUAL(to_base64url("\xfb\xff\xfe"), "-__-");
}

CAF_TEST(what is written is read back) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CAF_CHECK(from_base64url(to_base64url(bytes)) == bytes);
    bytes += static_cast<char>(i * 37);
  }
}

CAF_TEST(a text that is not exactly what would be written is refused) {
  for (const auto* bad : {"A", "Zg=", "Zg==", "Zm9v\n", "Z m9v", "Zm9+", "Zm9/", "Zh", "Zm9"})
    CAF_CHECK(!from_base64url(bad));
}

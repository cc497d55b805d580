// Public names: which are good, and how a Host or an SNI is read.
#define CAF_SUITE endpoint
#include "protocol/endpoint.hpp"

#include "tests/unit/test.hpp"

#include <set>

using namespace serverme;

CAF_TEST(names are labels in lower case) {
  for (auto [text, name] :
       {std::pair{"shop", "shop"}, {"Shop-2", "shop-2"}, {"7", "7"}, {"A", "a"}})
    CAF_CHECK_EQUAL(parse_endpoint_name(text).value_or(""), name);
  CAF_CHECK(parse_endpoint_name(std::string(63, 'a')));
}

CAF_TEST(everything else is no name) {
  using namespace std::string_view_literals;
  for (auto text : {""sv, "-shop"sv, "shop-"sv, "a.b"sv, "a b"sv, "a_b"sv, "a/b"sv, "caf\xc3\xa9"sv,
                    "a\0b"sv, "a\r\nb"sv, "*"sv}) {
    auto outcome = parse_endpoint_name(text);
    CAF_REQUIRE(!outcome);
    CAF_CHECK(outcome.error().code == errc::name_invalid);
  }
  CAF_CHECK(!parse_endpoint_name(std::string(64, 'a')));
}

CAF_TEST(what is not clean is not repeated) {
  CAF_CHECK_EQUAL(parse_endpoint_name("\x1b[31mred").error().detail.find('\x1b'),
                  std::string::npos);
}

CAF_TEST(the names of the platform are nobodys) {
  for (auto name : {"www", "api", "admin", "localhost", "wpad", "abuse"})
    CAF_CHECK(is_system_name(name));
  for (auto name : {"shop", "", "ap", "apis", "wwww"})
    CAF_CHECK(!is_system_name(name));
}

CAF_TEST(random names are valid and differ) {
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    auto name = random_endpoint_name(i * 0x9e3779b97f4a7c15);
    CAF_REQUIRE_EQUAL(name.size(), 8u);
    CAF_REQUIRE(parse_endpoint_name(name));
    seen.insert(name);
  }
  CAF_CHECK_EQUAL(seen.size(), 1000u);
}

CAF_TEST(a host is read without case and port and final dot) {
  for (auto [text, host] : {std::pair{"shop.example.com", "shop.example.com"},
                            {"Shop.Example.COM", "shop.example.com"},
                            {"shop.example.com:8080", "shop.example.com"},
                            {"shop.example.com:", "shop.example.com"},
                            {"shop.example.com.", "shop.example.com"},
                            {"shop.example.com.:443", "shop.example.com"},
                            {"my_app.localhost:65535", "my_app.localhost"},
                            {"127.0.0.1:80", "127.0.0.1"},
                            {"[::1]:8080", "::1"},
                            {"[2001:DB8::1]", "2001:db8::1"}})
    CAF_CHECK_EQUAL(normalize_host(text), host);
}

CAF_TEST(what could be read in two ways is no host) {
  using namespace std::string_view_literals;
  for (auto text :
       {""sv,    "."sv,       ".."sv,     "a..b"sv,    ".a"sv,        "a.b.."sv,
        "a:b"sv, "a:65536"sv, "a:1:2"sv,  "a b"sv,     "a/b"sv,       "a@b"sv,
        "a,b"sv, "a%62"sv,    "a\tb"sv,   "a\0b"sv,    "\xc3\xa9"sv,  "[::1"sv,
        "::1"sv, "[]"sv,      "[::1]x"sv, "[::1]:x"sv, "[1.2.3.4]"sv, "[fe80::1%25lo]"sv})
    CAF_CHECK_EQUAL(normalize_host(text), "");
  CAF_CHECK_EQUAL(normalize_host(std::string(64, 'a')), "");
  std::string longest;
  for (int i = 0; i < 126; ++i)
    longest += "a.";
  longest += "a";
  CAF_CHECK_EQUAL(normalize_host(longest + ".:65535"), longest);
  CAF_CHECK_EQUAL(normalize_host(longest + "b"), "");
}

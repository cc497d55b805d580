// What people write behind `serverme http`.
#define CAF_SUITE local_target

#include "cli/local_target.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::cli;

namespace {

local_target tcp(std::string host, std::uint16_t port,
                 local_security security = local_security::plain) {
  return {.security = security, .host = std::move(host), .port = port};
}

struct line {
  std::string text;
  local_target expected;
};

} // namespace

CAF_TEST(addresses are understood) {
  const line table[] = {
    {"3000", tcp("localhost", 3000)},
    {"65535", tcp("localhost", 65535)},
    {"localhost:3000", tcp("localhost", 3000)},
    {"127.0.0.1:80", tcp("127.0.0.1", 80)},
    {"my-host.internal:8080", tcp("my-host.internal", 8080)},
    {"[::1]:80", tcp("::1", 80)},
    {"http://localhost:3000", tcp("localhost", 3000)},
    {"http://localhost:3000/", tcp("localhost", 3000)},
    {"http://web", tcp("web", 80)},
    {"http://[::1]", tcp("::1", 80)},
    {"https://localhost", tcp("localhost", 443, local_security::tls)},
    {"https://[::1]:8443", tcp("::1", 8443, local_security::tls)},
    {"unix:/run/app.sock", {.transport = local_transport::unix_socket, .host = "/run/app.sock"}},
  };
  for (const auto& [text, expected] : table) {
    auto parsed = parse_local_target(text, endpoint_kind::http);
    CAF_REQUIRE(parsed.has_value());
    CAF_CHECK(*parsed == expected);
  }
}

CAF_TEST(nonsense is refused) {
  const std::string table[] = {
    "",
    "0",
    "70000",
    "-1",
    "+1",
    "3000x",
    "notaport:x",
    "localhost",
    "localhost:",
    "localhost:0",
    ":3000",
    "ftp://localhost:1",
    "://x:1",
    "http://",
    "http://:80",
    "http://host:",
    "http://a/b",
    "http://user@host",
    "[::1]",
    "[::1]x:1",
    "[::1:80",
    "[zz]:80",
    "::1:80",
    "a b:1",
    "unix:",
    "unix:relative.sock",
    "unix:/" + std::string(107, 'x'),
    std::string(254, 'a') + ":1",
  };
  for (const auto& text : table) {
    auto parsed = parse_local_target(text, endpoint_kind::http);
    CAF_MESSAGE("'" + text + "'");
    CAF_REQUIRE(!parsed);
    CAF_CHECK_EQUAL(parsed.error().code, errc::local_address_invalid);
  }
}

CAF_TEST(schemes are for http tunnels only) {
  for (auto kind : {endpoint_kind::tcp, endpoint_kind::tls}) {
    CAF_CHECK(parse_local_target("5432", kind).has_value());
    CAF_CHECK(parse_local_target("unix:/run/db.sock", kind).has_value());
    CAF_CHECK(!parse_local_target("http://localhost:80", kind));
    CAF_CHECK(!parse_local_target("https://localhost:443", kind));
  }
}

CAF_TEST(what is printed is understood again) {
  for (const auto* text : {"localhost:3000", "[::1]:80", "https://localhost:443",
                           "https://[::1]:8443", "unix:/run/app.sock"}) {
    auto parsed = parse_local_target(text, endpoint_kind::http);
    CAF_REQUIRE(parsed.has_value());
    CAF_CHECK_EQUAL(to_string(*parsed), text);
  }
}

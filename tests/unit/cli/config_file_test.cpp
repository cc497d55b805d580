// The configuration file: what is read, and which line is wrong.
#define CAF_SUITE config_file
#include "cli/config/config_file.hpp"

#include "tests/unit/test.hpp"

#include <fstream>
#include <sstream>

using namespace serverme;
using namespace serverme::cli;

namespace {

/// Every mistake, a line each: "3: unknown key 'x'".
std::string problems(const std::string& text) {
  auto parsed = parse_config(text, "f");
  if (parsed)
    return "";
  std::string lines = parsed.error().detail;
  for (std::size_t at; (at = lines.find("f:")) != std::string::npos;)
    lines.erase(at, 2);
  return lines;
}

constexpr auto full = R"(# mine
server: tunnels.example.com:8443
token: sm_live_abc
ca: ca.pem
api: https://tunnels.example.com:8081
tunnels:
  web:
    type: http
    local: 3000
    subdomain: Shop
    basic_auth: "anna:secret: with colon"
    host_header: shop.test
    inspect: false
  ssh:
    type: tcp
    local: 192.168.1.20:22
    remote_port: 10022
    proxy_protocol: v2
  bank:
    type: tls
    local: 443
    proxy_protocol: true
)";

} // namespace

CAF_TEST(every key is read) {
  auto parsed = parse_config(full, "f");
  CAF_REQUIRE(parsed);
  const auto& values = *parsed;
  CAF_CHECK_EQUAL(values.server, "tunnels.example.com:8443");
  CAF_CHECK_EQUAL(values.token, "sm_live_abc");
  CAF_CHECK_EQUAL(values.ca, "ca.pem");
  CAF_CHECK_EQUAL(values.api, "https://tunnels.example.com:8081");
  CAF_REQUIRE_EQUAL(values.tunnels.size(), 3u);
}

CAF_TEST(every field of a tunnel is read) {
  auto tunnels = parse_config(full, "f").value().tunnels;
  CAF_REQUIRE_EQUAL(tunnels.size(), 3u);
  const auto& web = tunnels[0];
  CAF_CHECK_EQUAL(web.title, "web");
  CAF_CHECK(web.endpoint.kind == endpoint_kind::http);
  CAF_CHECK_EQUAL(to_string(web.local), "localhost:3000");
  CAF_CHECK_EQUAL(web.endpoint.local_label, "localhost:3000");
  CAF_CHECK_EQUAL(web.endpoint.name, "shop");
  CAF_CHECK_EQUAL(web.endpoint.basic_auth, "anna:secret: with colon");
  CAF_CHECK_EQUAL(web.endpoint.host_header, "shop.test");
  CAF_CHECK(web.endpoint.inspect == inspection::off);
  const auto& ssh = tunnels[1];
  CAF_CHECK(ssh.endpoint.kind == endpoint_kind::tcp);
  CAF_CHECK_EQUAL(to_string(ssh.local), "192.168.1.20:22");
  CAF_CHECK_EQUAL(ssh.endpoint.port, 10022u);
  CAF_CHECK(ssh.proxy == proxy_protocol::v2);
  CAF_CHECK(tunnels[2].endpoint.kind == endpoint_kind::tls);
  CAF_CHECK(tunnels[2].proxy == proxy_protocol::v1);
}

CAF_TEST(fields may come before the type that allows them) {
  auto parsed
    = parse_config("tunnels:\n  a:\n    remote_port: 10001\n    local: 22\n    type: tcp\n", "f");
  CAF_REQUIRE(parsed);
  CAF_CHECK_EQUAL(parsed->tunnels.at(0).endpoint.port, 10001u);
}

CAF_TEST(an empty file says nothing) {
  for (auto text : {"", "\n", "# only a comment\n", "{}\n", "tunnels:\n", "---\n"}) {
    auto parsed = parse_config(text, "f");
    CAF_REQUIRE(parsed);
    CAF_CHECK(parsed->server.empty() && parsed->tunnels.empty());
  }
}

CAF_TEST(a mistake is named with its line) {
  CAF_CHECK_EQUAL(problems("servver: x\n"), "1: unknown key 'servver', did you mean 'server'?");
  CAF_CHECK_EQUAL(problems("\n\nwhatever: x\n"), "3: unknown key 'whatever'");
  CAF_CHECK_EQUAL(problems("token: a\ntoken: b\n"), "2: key 'token' stands here twice");
  CAF_CHECK_EQUAL(problems("server:\n  - a\n"), "2: server: one value is expected");
  CAF_CHECK_EQUAL(problems("- a\n- b\n"), "1: a list of `key: value` is expected");
  CAF_CHECK_EQUAL(problems("tunnels:\n  - http\n"),
                  "2: tunnels: a list of `key: value` is expected");
}

CAF_TEST(a mistake in a tunnel is named with its line) {
  auto tunnel = [](const std::string& fields) { return problems("tunnels:\n  web:\n" + fields); };
  CAF_CHECK_EQUAL(tunnel("    local: 1\n"), "3: type: missing: http, tcp or tls");
  CAF_CHECK_EQUAL(tunnel("    local: 1\n    type: htp\n    remote_port: 1\n"),
                  "4: type: http, tcp or tls, not 'htp'");
  CAF_CHECK_EQUAL(tunnel("    type: http\n"),
                  "3: local: missing: the port or address of your service");
  CAF_CHECK_EQUAL(tunnel("    type: tcp\n    local: 1\n    subdomain: x\n"),
                  "5: subdomain: only for http and tls tunnels");
  CAF_CHECK_EQUAL(tunnel("    type: tcp\n    local: 1\n    remote_port: 70000\n"),
                  "5: remote_port: a port from 1 to 65535, not '70000'");
  CAF_CHECK_EQUAL(tunnel("    type: http\n    local: 1\n    subdomian: x\n"),
                  "5: unknown key 'subdomian', did you mean 'subdomain'?");
  CAF_CHECK_EQUAL(tunnel("    type: http\n    local: 1\n    inspect: maybe\n"),
                  "5: inspect: true or false, not 'maybe'");
  CAF_CHECK_EQUAL(tunnel("    type: http\n    local: 1\n    host_header: \"a b\"\n"),
                  "5: host_header: a host is needed, such as shop.test or localhost:3000");
}

CAF_TEST(a secret that is wrong is not repeated) {
  auto problem
    = problems("tunnels:\n  web:\n    type: http\n    local: 1\n    basic_auth: hunter2\n");
  CAF_CHECK_EQUAL(problem, "5: basic_auth: USER:PASSWORD is needed, both not empty");
}

CAF_TEST(two tunnels do not share a name) {
  CAF_CHECK_EQUAL(problems("tunnels:\n  a: {type: tcp, local: 1}\n  a: {type: tcp, local: 2}\n"),
                  "3: key 'a' stands here twice");
}

CAF_TEST(a tunnel has a name that a terminal can show) {
  CAF_CHECK_EQUAL(problems("tunnels:\n  \"a b\": {type: tcp, local: 1}\n"),
                  "2: a b: no name for a tunnel: letters, digits, '-', '_', '.'");
}

CAF_TEST(every mistake of a file is found) {
  auto lines = problems("wrong: 1\nalso: 2\ntunnels:\n  web:\n    type: http\n    local: nope:x\n");
  CAF_CHECK(lines.starts_with("1: unknown key 'wrong'\n2: unknown key 'also'\n6: local: "));
}

CAF_TEST(what is no YAML is named with its line) {
  CAF_CHECK(problems("server: a\ntunnels: [\n").starts_with("3: "));
}

CAF_TEST(a key or a password makes a file secret) {
  auto is_secret = [](const std::string& text) {
    auto parsed = parse_config(text, "f");
    CAF_REQUIRE(parsed);
    return parsed->has_secrets();
  };
  CAF_CHECK(is_secret("token: abc\n"));
  CAF_CHECK(is_secret(full));
  CAF_CHECK(is_secret("tunnels:\n  a: {type: http, local: 1, basic_auth: 'u:p'}\n"));
  CAF_CHECK(!is_secret("server: a\ntunnels:\n  a: {type: http, local: 1}\n"));
}

CAF_TEST(the example that we ship is read without a problem) {
  std::ifstream file{std::string{SERVERME_SOURCE_DIR} + "/config/serverme.yml"};
  std::ostringstream text;
  text << file.rdbuf();
  auto parsed = parse_config(text.str(), "serverme.yml");
  if (!parsed)
    CAF_FAIL(parsed.error().detail);
  CAF_CHECK_EQUAL(parsed->tunnels.size(), 5u);
}

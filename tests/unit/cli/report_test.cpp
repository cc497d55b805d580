// What doctor and status print, and where the API may be.
#define CAF_SUITE report
#include "cli/commands/api_client.hpp"
#include "cli/commands/doctor.hpp"
#include "cli/commands/tunnel_table.hpp"
#include "tests/unit/test.hpp"

#include <nlohmann/json.hpp>

using namespace serverme;
using namespace serverme::cli;

namespace {

const std::vector<check> one_of_each{
  {"Server name", verdict::pass, "localhost is 127.0.0.1", ""},
  {"Connection", verdict::fail, "SM-4005 the server cannot be reached", "Start it."},
  {"TLS", verdict::skip, "needs the step before", ""},
};

} // namespace

CAF_TEST(a step is a line and a failure has advice) {
  CAF_CHECK_EQUAL(report(one_of_each, report_form::table),
                  "PASS  Server name     localhost is 127.0.0.1\n"
                  "FAIL  Connection      SM-4005 the server cannot be reached\n"
                  "                      Start it.\n"
                  "SKIP  TLS             needs the step before\n");
  CAF_CHECK(has_failure(one_of_each));
  CAF_CHECK(!has_failure({one_of_each[0], one_of_each[2]}));
}

CAF_TEST(steps can be read by programs) {
  auto read = nlohmann::json::parse(report(one_of_each, report_form::json));
  CAF_CHECK(!read["ok"].get<bool>());
  CAF_CHECK_EQUAL(read["checks"].size(), 3u);
  CAF_CHECK_EQUAL(read["checks"][1]["outcome"].get<std::string>(), "FAIL");
  CAF_CHECK_EQUAL(read["checks"][1]["advice"].get<std::string>(), "Start it.");
}

CAF_TEST(a broken configuration is the first thing that doctor says) {
  auto checks = examine(fail(errc::config_invalid, "line 3"), std::nullopt);
  CAF_REQUIRE(!checks.empty());
  CAF_CHECK(checks[0].outcome == verdict::fail);
  CAF_CHECK(checks[0].detail.find("line 3") != std::string::npos);
}

CAF_TEST(a server that is not there fails at its step and skips what needs it) {
  settings from;
  from.server.value = "localhost:1";
  auto checks = examine(from, std::nullopt);
  CAF_REQUIRE_EQUAL(checks.size(), 6u);
  CAF_CHECK(checks[1].outcome == verdict::pass); // localhost has an address
  CAF_CHECK(checks[2].outcome == verdict::fail);
  CAF_CHECK(checks[2].detail.find("SM-4005") != std::string::npos);
  CAF_CHECK(checks[3].outcome == verdict::skip);
  CAF_CHECK(checks[4].outcome == verdict::skip);
}

CAF_TEST(a local service that is not there is a failure too) {
  settings from;
  from.server.value = "localhost:1";
  CAF_CHECK(examine(from, "localhost:1").back().outcome == verdict::fail);
  CAF_CHECK(examine(from, "unix:/nowhere/at.all").back().outcome == verdict::fail);
  CAF_CHECK(examine(from, "nonsense:x").back().outcome == verdict::fail);
}

CAF_TEST(the api of this machine may be plain) {
  CAF_CHECK_EQUAL(parse_api_address("127.0.0.1:8081").value_or("?"), "http://127.0.0.1:8081");
  CAF_CHECK_EQUAL(parse_api_address("http://localhost:8081/").value_or("?"),
                  "http://localhost:8081");
  CAF_CHECK_EQUAL(parse_api_address("[::1]:8081").value_or("?"), "http://[::1]:8081");
  CAF_CHECK_EQUAL(parse_api_address("http://api.localhost:1").value_or("?"),
                  "http://api.localhost:1");
}

CAF_TEST(the api of another machine is encrypted) {
  CAF_CHECK_EQUAL(parse_api_address("api.example.com").value_or("?"), "https://api.example.com");
  CAF_CHECK_EQUAL(parse_api_address("https://api.example.com:1").value_or("?"),
                  "https://api.example.com:1");
  for (auto text :
       {"http://api.example.com", "http://10.0.0.1:8081", "http://localhost.example.com",
        "http://127.0.0.1.example.com", "ftp://localhost", "", "http://",
        "http://localhost@example.com", "http://127.evil:1"})
    CAF_CHECK(!parse_api_address(text));
}

CAF_TEST(tunnels are a table) {
  auto body = R"({"tunnels":[{"urls":["http://shop.localhost:8080"],"local":"localhost:3000",
    "state":"online","visits":12,"bytes_in":2048,"bytes_out":10},
    {"urls":["tcp://localhost:10001"],"local":"localhost:22","state":"away","visits":0,"bytes_in":0,
    "bytes_out":0}]})";
  CAF_CHECK_EQUAL(tunnel_table(body).value_or("?"),
                  "URL                         LOCAL           STATE   VISITS  IN       OUT\n"
                  "http://shop.localhost:8080  localhost:3000  online  12      2.0 KiB  10 B\n"
                  "tcp://localhost:10001       localhost:22    away    0       0 B      0 B\n");
  CAF_CHECK_EQUAL(tunnel_table(R"({"tunnels":[]})").value_or("?"), "No tunnels are open.\n");
}

CAF_TEST(an answer that is no list is refused) {
  for (auto body : {"", "<html>", "[]", "{}", R"({"tunnels":3})", R"({"tunnels":[1]})",
                    R"({"tunnels":[{"urls":1}]})"})
    CAF_CHECK(!tunnel_table(body));
}

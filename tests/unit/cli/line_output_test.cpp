// The lines for logs and for programs, and what happens when nobody reads them.
#define CAF_SUITE line_output
#include "cli/output/json_output.hpp"
#include "cli/output/paced_writer.hpp"
#include "cli/output/plain_output.hpp"
#include "tests/unit/support/loopback.hpp"
#include "tests/unit/test.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace serverme;
using namespace serverme::cli;

namespace {

std::vector<tunnel_plan> two_tunnels() {
  return {{.title = "web", .local = {.host = "localhost", .port = 3000}},
          {.title = "", .local = {.host = "localhost", .port = 22}}};
}

template <class Output>
struct recorded {
  std::string text;
  bool is_full = false;
  int ends = 0;
  std::optional<failure> why;
  Output output{two_tunnels(),
                [this](const std::string& line) {
                  if (!is_full)
                    text += line;
                  return !is_full;
                },
                [] { return wall_time{} + milliseconds{1'795'000'201'250}; },
                [this](const std::optional<failure>& reason) {
                  ++ends;
                  why = reason;
                }};

  std::string take() { return std::exchange(text, {}); }
};

request_line some_request() {
  return {.method = "GET", .path = "/a?b=1", .status = 200, .total = microseconds{3100}};
}

} // namespace

CAF_TEST(plain lines tell a life) {
  recorded<plain_output> log;
  const std::string time = "2026-11-18T11:10:01Z  ";
  log.output.on_connected("dev", false);
  CAF_CHECK_EQUAL(log.take(), time + "connected, node dev\n");
  log.output.on_tunnel_ready(0, {"http://a.b:1", "https://a.b:2"});
  CAF_CHECK_EQUAL(log.take(), time + "http://a.b:1 -> localhost:3000\n" + time
                                + "https://a.b:2 -> localhost:3000\n");
  log.output.on_tunnel_refused(1, fail(errc::port_taken, "10022"));
  CAF_CHECK_EQUAL(log.take(), time
                                + "no tunnel for localhost:22: SM-2006 the port is in use: 10022\n"
                                + time + "Ask for another one, or for none.\n");
  log.output.on_request(some_request());
  CAF_CHECK_EQUAL(log.take(), time + "[web] GET /a?b=1 200 3.1 ms\n");
  log.output.on_disconnected(fail(errc::peer_silent));
  CAF_CHECK_EQUAL(log.take(),
                  time + "disconnected: SM-2014 the peer has been silent for too long\n");
  log.output.on_reconnecting(milliseconds{1500});
  CAF_CHECK_EQUAL(log.take(), time + "reconnecting in 1.50 s\n");
  log.output.on_connected("dev", true);
  CAF_CHECK_EQUAL(log.take(), time + "connected again, node dev\n");
  log.output.on_stopped(std::nullopt);
  CAF_CHECK_EQUAL(log.take(), time + "stopped\n");
  CAF_CHECK_EQUAL(log.ends, 1);
}

CAF_TEST(a path cannot forge a plain line) {
  recorded<plain_output> log;
  auto what = some_request();
  what.path = "/\n2026-11-18T11:10:01Z  stopped\x1b[31m";
  what.error = fail(errc::local_closed_early, "a\nb");
  log.output.on_request(what);
  CAF_CHECK_EQUAL(std::ranges::count(log.text, '\n'), 1);
  CAF_CHECK(log.text.find('\x1b') == std::string::npos);
}

CAF_TEST(json lines have the event and the time first) {
  recorded<json_output> log;
  const std::string time = R"(,"time":"2026-11-18T11:10:01.250Z")";
  log.output.on_connected("dev", true);
  CAF_CHECK_EQUAL(log.take(), R"({"event":"connected")" + time
                                + R"(,"node":"dev","resumed":true})"
                                  "\n");
  log.output.on_tunnel_ready(0, {"http://a.b:1", "https://a.b:2"});
  CAF_CHECK_EQUAL(
    log.take(),
    R"({"event":"tunnel_ready")" + time
      + R"(,"tunnel":"web","url":"http://a.b:1","urls":["http://a.b:1","https://a.b:2"]})"
        "\n");
  log.output.on_tunnel_refused(1, fail(errc::port_taken, "10022"));
  CAF_CHECK_EQUAL(
    log.take(),
    R"({"event":"tunnel_refused")" + time
      + R"(,"tunnel":"localhost:22","code":"SM-2006","message":"the port is in use: 10022"})"
        "\n");
  log.output.on_request(some_request());
  CAF_CHECK_EQUAL(log.take(),
                  R"({"event":"request")" + time
                    + R"(,"tunnel":"web","method":"GET","path":"/a?b=1","status":200,"ms":3.1})"
                      "\n");
  log.output.on_reconnecting(milliseconds{250});
  CAF_CHECK_EQUAL(log.take(), R"({"event":"reconnecting")" + time
                                + R"(,"ms":250})"
                                  "\n");
}

CAF_TEST(the end of json lines has a code when it was an error) {
  recorded<json_output> log;
  log.output.on_stopped(std::nullopt);
  CAF_CHECK(!nlohmann::json::parse(log.take()).contains("code"));
  log.output.on_stopped(fail(errc::key_invalid));
  auto last = nlohmann::json::parse(log.take());
  CAF_CHECK_EQUAL(last["event"].get<std::string>(), "stopped");
  CAF_CHECK_EQUAL(last["code"].get<std::string>(), "SM-2001");
  CAF_CHECK_EQUAL(log.ends, 2);
  CAF_CHECK(log.why == fail(errc::key_invalid));
}

CAF_TEST(a json line is one line and valid whatever a path holds) {
  recorded<json_output> log;
  auto what = some_request();
  what.path = "/\xff\n\"\x01";
  log.output.on_request(what);
  CAF_CHECK_EQUAL(std::ranges::count(log.text, '\n'), 1);
  CAF_CHECK(nlohmann::json::accept(log.text));
}

CAF_TEST(lines that nobody takes are counted) {
  recorded<json_output> log;
  log.is_full = true;
  for (int i = 0; i < 3; ++i)
    log.output.on_request(some_request());
  log.is_full = false;
  log.output.on_connected("dev", false);
  auto end = log.text.find('\n');
  auto first = nlohmann::json::parse(log.text.substr(0, end));
  CAF_CHECK_EQUAL(first["event"].get<std::string>(), "dropped");
  CAF_CHECK_EQUAL(first["lines"].get<int>(), 3);
  CAF_CHECK(log.text.find("connected", end) != std::string::npos);
}

CAF_TEST(a reader who stops does not stop the writer) {
  net::event_loop loop;
  int ends[2];
  CAF_REQUIRE_EQUAL(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  paced_writer writer{loop, ends[1]};
  std::string line(1000, 'x');
  std::size_t taken = 0;
  while (taken < 10'000 && writer.write(line))
    ++taken;
  CAF_CHECK(taken < 10'000);
  CAF_CHECK((taken + 1) * line.size() >= paced_writer::waiting_bytes_max);
  CAF_CHECK(!writer.is_clear());
  // Once he reads again, everything that was taken arrives, and in order.
  std::size_t arrived = 0;
  std::vector<char> buffer(64 * 1024);
  CAF_CHECK(tests::run_until(loop, [&] {
    if (auto got = ::read(ends[0], buffer.data(), buffer.size()); got > 0)
      arrived += static_cast<std::size_t>(got);
    return writer.is_clear();
  }));
  ::close(ends[1]);
  while (auto got = ::read(ends[0], buffer.data(), buffer.size()))
    arrived += static_cast<std::size_t>(got);
  CAF_CHECK_EQUAL(arrived, taken * line.size());
  ::close(ends[0]);
}

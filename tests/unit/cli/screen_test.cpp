// The live view, as text: what a window of some size shows.
#define CAF_SUITE screen
#include "cli/output/screen.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::cli;

namespace {

const time_point start{seconds{1000}};

std::string drawn(const session_view& view, screen_size size, time_point now = start) {
  std::string text;
  for (const auto& line : lay_out(view, size, now))
    text += paint(line, palette::none) + "\n";
  return text;
}

request_row request(std::string method, std::string path, int status, microseconds total) {
  return {"12:30:01",
          {.method = std::move(method), .path = std::move(path), .status = status, .total = total}};
}

session_view online() {
  session_view view;
  view.status = session_status::online;
  view.server = "localhost:8443";
  view.node = "dev";
  view.round_trip = microseconds{400};
  view.tunnels = {{.local = "localhost:3000",
                   .urls = {"http://shop.localhost:8080", "https://shop.localhost:8443"}}};
  view.counters = {.requests = 3, .connections = 1, .bytes_in = 1234, .bytes_out = 48 * 1024};
  add_request(view, request("GET", "/", 200, microseconds{3100}));
  add_request(view, request("GET", "/style.css", 200, microseconds{900}));
  add_request(view, request("POST", "/api/orders", 201, microseconds{12'400}));
  return view;
}

} // namespace

CAF_TEST(a session that is online) {
  CAF_CHECK_EQUAL(drawn(online(), {64, 24}),
                  "ServerMe                                          Ctrl+C to quit\n"
                  "\n"
                  "Session    online, node dev\n"
                  "Latency    0.4 ms\n"
                  "URL        http://shop.localhost:8080 -> localhost:3000\n"
                  "           https://shop.localhost:8443 -> localhost:3000\n"
                  "\n"
                  "Requests   3    Connections 1    In 1.2 KiB    Out 48.0 KiB\n"
                  "\n"
                  "12:30:01  GET   /            200    3.1 ms\n"
                  "12:30:01  GET   /style.css   200    0.9 ms\n"
                  "12:30:01  POST  /api/orders  201   12.4 ms\n");
}

CAF_TEST(in a cluster the second node is shown) {
  auto view = online();
  view.companion = "dev2";
  CAF_CHECK(drawn(view, {64, 24}).find("Session    online, node dev, second node dev2\n")
            != std::string::npos);
}

CAF_TEST(a narrow window cuts and says that it did) {
  CAF_CHECK_EQUAL(drawn(online(), {40, 24}), "ServerMe                  Ctrl+C to quit\n"
                                             "\n"
                                             "Session    online, node dev\n"
                                             "Latency    0.4 ms\n"
                                             "URL        http://shop.localhost:8080 ..\n"
                                             "           https://shop.localhost:8443..\n"
                                             "\n"
                                             "Requests   3    Connections 1    In 1...\n"
                                             "\n"
                                             "12:30:01  GET   /          200    3.1 ms\n"
                                             "12:30:01  GET   /style...  200    0.9 ms\n"
                                             "12:30:01  POST  /api/or..  201   12.4 ms\n");
}

CAF_TEST(a low window shows the newest requests) {
  auto text = drawn(online(), {64, 11});
  CAF_CHECK(text.find("/style.css") != std::string::npos);
  CAF_CHECK(text.find("/api/orders") != std::string::npos);
  CAF_CHECK(text.find("GET   / ") == std::string::npos);
}

CAF_TEST(no window is too small) {
  for (std::size_t columns = 0; columns < 90; columns += 3)
    for (std::size_t rows = 0; rows < 16; ++rows) {
      auto lines = lay_out(online(), {columns, rows}, start);
      CAF_REQUIRE(lines.size() <= rows);
      for (const auto& line : lines)
        CAF_REQUIRE(paint(line, palette::none).size() <= columns);
    }
}

CAF_TEST(a session that waits says when it goes on and why it waits) {
  auto view = online();
  view.status = session_status::waiting;
  view.trouble = fail(errc::server_unreachable, "localhost:8443: Connection refused");
  view.retry_at = start + milliseconds{3200};
  auto text = drawn(view, {100, 24});
  CAF_CHECK(text.find("Session    reconnecting in 4 s\n") != std::string::npos);
  CAF_CHECK(text.find("SM-4005 the server cannot be reached: localhost:8443: Connection refused")
            != std::string::npos);
  CAF_CHECK(drawn(view, {100, 24}, start + seconds{5}).find("Session    reconnecting\n")
            != std::string::npos);
}

CAF_TEST(a session that has not begun shows whom it calls) {
  session_view view;
  view.server = "localhost:8443";
  view.tunnels = {{.local = "localhost:3000"}};
  CAF_CHECK_EQUAL(drawn(view, {60, 24}),
                  "ServerMe                                      Ctrl+C to quit\n"
                  "\n"
                  "Session    connecting to localhost:8443\n"
                  "URL        waiting for its URL -> localhost:3000\n"
                  "\n"
                  "Requests   0    Connections 0    In 0 B    Out 0 B\n");
}

CAF_TEST(a refused tunnel says why and what to do) {
  auto view = online();
  view.tunnels.push_back(
    {.title = "api", .local = "localhost:4000", .refused = fail(errc::name_taken, "api")});
  auto text = drawn(view, {90, 24});
  CAF_CHECK(text.find("api        SM-2002 the name is in use: api\n"
                      "           Choose another name, or stop the tunnel that holds it.\n")
            != std::string::npos);
}

CAF_TEST(requests of several tunnels name theirs) {
  auto view = online();
  view.tunnels
    = {{.title = "shop", .local = "localhost:3000", .urls = {"http://a"}},
       {.title = "a-rather-long-title", .local = "localhost:4000", .urls = {"http://b"}}};
  view.requests.clear();
  add_request(view, request("GET", "/a", 200, microseconds{1000}));
  view.requests.back().what.tunnel = 1;
  auto text = drawn(view, {80, 24});
  CAF_CHECK(text.find("12:30:01  a-rather-l..  GET   /a  200    1.0 ms\n") != std::string::npos);
  CAF_CHECK(text.find("a-rather..  http") == std::string::npos);
  CAF_CHECK(text.find("a-rather.. http://b -> localhost:4000\n") != std::string::npos);
}

CAF_TEST(many tunnels leave room for requests) {
  auto view = online();
  view.tunnels.clear();
  for (int i = 0; i < 50; ++i)
    view.tunnels.push_back(
      {.title = "t" + std::to_string(i), .local = "localhost:1", .urls = {"http://x"}});
  auto text = drawn(view, {80, 24});
  CAF_CHECK(text.find("more: `serverme status`") != std::string::npos);
  CAF_CHECK(text.find("POST") != std::string::npos);
}

CAF_TEST(what strangers wrote cannot move the cursor) {
  auto view = online();
  add_request(view,
              request("GE\x1b[2J", "/\x1b]0;title\x07\r\n\xe2\x80\xae\xff", 200, microseconds{1}));
  view.node = "\x9b"
              "31mred";
  for (const auto& line : lay_out(view, {200, 24}, start))
    for (char letter : paint(line, palette::none))
      CAF_REQUIRE(letter >= ' ' && letter <= '~');
}

CAF_TEST(a request that failed says why) {
  session_view view = online();
  add_request(view, request("GET", "/", 502, microseconds{500}));
  view.requests.back().what.error = fail(errc::local_refused, "localhost:3000");
  CAF_CHECK(
    drawn(view, {120, 24}).find("502    0.5 ms  SM-1006 the local service refuses connections")
    != std::string::npos);
}

CAF_TEST(only a bounded number of requests is kept) {
  session_view view;
  for (std::size_t i = 0; i < request_rows_max + 50; ++i)
    add_request(view, request("GET", "/" + std::to_string(i), 200, microseconds{1}));
  CAF_CHECK_EQUAL(view.requests.size(), request_rows_max);
  CAF_CHECK_EQUAL(view.requests.front().what.path, "/50");
}

CAF_TEST(colours end where they began) {
  screen_line line{{"a", tone::plain}, {"b", tone::bad}, {"c", tone::strong}};
  CAF_CHECK_EQUAL(paint(line, palette::none), "abc");
  CAF_CHECK_EQUAL(paint(line, palette::colours), "a\x1b[31mb\x1b[0m\x1b[1mc\x1b[0m");
}

CAF_TEST(sizes and times are short) {
  CAF_CHECK_EQUAL(format_bytes(0), "0 B");
  CAF_CHECK_EQUAL(format_bytes(1023), "1023 B");
  CAF_CHECK_EQUAL(format_bytes(1024), "1.0 KiB");
  CAF_CHECK_EQUAL(format_bytes(1024 * 1024 - 1), "1.0 MiB");
  CAF_CHECK_EQUAL(format_bytes(5ULL << 40), "5.0 TiB");
  CAF_CHECK_EQUAL(format_duration(microseconds{50}), "0.1 ms");
  CAF_CHECK_EQUAL(format_duration(microseconds{12'345}), "12.3 ms");
  CAF_CHECK_EQUAL(format_duration(microseconds{350'400}), "350 ms");
  CAF_CHECK_EQUAL(format_duration(microseconds{1'240'000}), "1.24 s");
  CAF_CHECK_EQUAL(format_duration(seconds{125}), "2 m 05 s");
}

// The API over real connections: every call, who may use it, its limits and the live stream.
#define CAF_SUITE api

#include "nodes/control/api/router.hpp"
#include "tests/unit/control/api_fixture.hpp"
#include "tests/unit/test.hpp"

#include <future>
#include <thread>

using namespace serverme;
using namespace serverme::tests;

namespace {

const std::string tunnels = "/api/v1/tunnels";
const std::string shop = tunnels + "/18446744073709551615"; // ada's
const std::string bank = tunnels + "/12";                   // bob's
const std::string requests = shop + "/requests";

actors::shared_capture make_capture(std::uint64_t id, std::string body = "{\"a\":1}") {
  capture made{.id = {id},
               .endpoint = {~std::uint64_t{0}},
               .started = wall_time{std::chrono::milliseconds{1'795'500'000'123}},
               .visitor_address = "127.0.0.1",
               .scheme = "http",
               .method = "POST",
               .target = "/orders?x=1",
               .status = 201,
               .first_byte = microseconds{1500},
               .total = microseconds{2500}};
  made.request.head = "POST /orders?x=1 HTTP/1.1\r\nHost: shop\r\nX-A: 1\r\nX-A:  2 \r\n";
  made.request.body_bytes = body.size();
  made.request.body = std::move(body);
  made.response.head = "HTTP/1.1 201 Created\r\nX-B: \xff\r\n";
  made.response.body = std::string("\x00\x01\xff", 3);
  made.response.body_bytes = 5000;
  return std::make_shared<const capture>(std::move(made));
}

/// "/api/v1/tunnels/{}/requests/{}" with ada's tunnel and request 17.
std::string path_of(const control::resource& what) {
  std::string path{what.pattern};
  for (const auto* id : {"18446744073709551615", "17"}) {
    if (auto at = path.find("{}"); at != std::string::npos)
      path.replace(at, 2, id);
  }
  return path;
}

struct fixture : api_fixture {
  fixture()
    : api_fixture{{.live_per_account = 2,
                   .replays_per_account = 1,
                   .key_trust = milliseconds{50},
                   .live_waiting_max = 4}} {
    world->tunnels = {{.endpoint = {~std::uint64_t{0}},
                       .name = "shop",
                       .urls = {"http://shop.localhost:8080"},
                       .owner = {1},
                       .local_label = "localhost:3000",
                       .visits = 3},
                      {.endpoint = {12}, .kind = endpoint_kind::tcp, .port = 10001, .owner = {3}}};
    world->captures = {make_capture(17)};
  }

  std::string code_of(const std::string& method, const std::string& target,
                      const std::string& key = "ada") {
    auto reply = ask(method, target, key);
    CAF_REQUIRE(reply.body.contains("error"));
    CAF_CHECK(!reply.body["error"]["message"].get<std::string>().empty());
    return std::to_string(reply.status) + " " + reply.body["error"]["code"].get<std::string>();
  }

  std::shared_ptr<actors::capture_feed> feed() {
    std::lock_guard guard{world->mutex};
    return world->feed.lock();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(api_tests, fixture)

CAF_TEST(health needs no key) {
  auto health = ask("GET", "/healthz", "");
  CAF_CHECK_EQUAL(health.status, 200);
  CAF_CHECK_EQUAL(health.body["status"], "ok");
  CAF_CHECK_EQUAL(health.fields["content-type"], "application/json");
}

CAF_TEST(readiness names the part that is missing and no more) {
  CAF_CHECK_EQUAL(ask("GET", "/readyz", "").status, 200);
  world->has_actors = false;
  auto one = ask("GET", "/readyz", "");
  CAF_CHECK_EQUAL(one.status, 503);
  CAF_CHECK_EQUAL(one.body["parts"]["database"], "ready");
  CAF_CHECK_EQUAL(one.body["parts"]["actors"], "unavailable");
  world->has_database = false;
  auto both = ask("GET", "/readyz", "");
  CAF_CHECK_EQUAL(both.body["parts"]["database"], "unavailable");
  CAF_CHECK(both.text.find("5432") == std::string::npos);
}

CAF_TEST(everything else needs a good key) {
  for (const auto& key : {"", "mallory"}) {
    auto reply = ask("GET", tunnels, key);
    CAF_CHECK_EQUAL(reply.status, 401);
    CAF_CHECK_EQUAL(reply.body["error"]["code"], "SM-3001");
    CAF_CHECK_EQUAL(reply.fields["www-authenticate"], "Bearer");
  }
  CAF_CHECK(exchange("GET /api/v1/tunnels?key=ada HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
              .starts_with("HTTP/1.1 401 "));
  CAF_CHECK(exchange("GET /api/v1/tunnels HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ada\r\n"
                     "Connection: close\r\n\r\n")
              .starts_with("HTTP/1.1 401 "));
}

CAF_TEST(a key is remembered for a moment and not longer) {
  ask("GET", tunnels);
  auto revoked_is_refused = [this] {
    for (int i = 0; i < 10'000; ++i) {
      if (ask("GET", tunnels).status == 401)
        return true;
    }
    return false;
  };
  {
    std::lock_guard guard{world->mutex};
    world->revoked.insert("ada");
  }
  CAF_CHECK(revoked_is_refused());
}

CAF_TEST(without the database nobody is let in and nothing is told) {
  world->has_database = false;
  auto reply = ask("GET", tunnels);
  CAF_CHECK_EQUAL(reply.status, 503);
  CAF_CHECK_EQUAL(reply.body["error"]["code"], "SM-3006");
  CAF_CHECK(reply.text.find("5432") == std::string::npos);
}

CAF_TEST(tunnels are listed for their owner and for admins) {
  auto own = ask("GET", tunnels).body["tunnels"];
  CAF_REQUIRE_EQUAL(own.size(), 1u);
  CAF_CHECK_EQUAL(own[0]["id"], "18446744073709551615");
  CAF_CHECK_EQUAL(own[0]["name"], "shop");
  CAF_CHECK_EQUAL(own[0]["state"], "online");
  CAF_CHECK_EQUAL(own[0]["local"], "localhost:3000");
  CAF_CHECK_EQUAL(own[0]["visits"], 3);
  CAF_CHECK(own[0]["port"].is_null());
  CAF_CHECK(ask("GET", tunnels, "root").body["tunnels"].size() == 2u);
  CAF_CHECK(ask("GET", bank, "bob").body["port"] == 10001);
}

CAF_TEST(a list names the edges whose tunnels are missing) {
  CAF_CHECK(!ask("GET", tunnels).body.contains("incomplete"));
  world->incomplete = {{0, 10}, {0, 11}};
  auto missing = ask("GET", tunnels).body["incomplete"];
  CAF_REQUIRE_EQUAL(missing.size(), 2u);
  CAF_CHECK_EQUAL(missing[0], "0000000000000000000000000000000a");
}

CAF_TEST(what belongs to somebody else is not there) {
  for (const auto* way : {"", "/requests", "/requests/17"})
    CAF_CHECK_EQUAL(code_of("GET", shop + way, "bob"), "404 SM-3002");
  CAF_CHECK_EQUAL(code_of("DELETE", shop, "bob"), "404 SM-3002");
  CAF_CHECK_EQUAL(code_of("DELETE", requests, "bob"), "404 SM-3002");
  CAF_CHECK_EQUAL(code_of("POST", requests + "/17/replay", "bob"), "404 SM-3002");
  CAF_CHECK_EQUAL(live_reader(address(), shop + "/live", "bob").status(), 404);
  CAF_CHECK_EQUAL(code_of("GET", "/api/v1/actors", "bob"), "404 SM-3002");
  CAF_CHECK(world->closed.empty());
}

CAF_TEST(what is no id is not there) {
  for (const auto* id : {"0", "-1", "x", "18446744073709551616", "1x", "%31", "7"})
    CAF_CHECK_EQUAL(code_of("GET", tunnels + "/" + id), "404 SM-3002");
  CAF_CHECK_EQUAL(code_of("GET", requests + "/x"), "404 SM-3002");
  for (const auto* path :
       {"/", "/api/v1/", "/api/v1/tunnels/", "/api/v1/tunnels/1/x", "/healthz/x"})
    CAF_CHECK_EQUAL(code_of("GET", path), "404 SM-3002");
}

CAF_TEST(a wrong method is told the right ones) {
  auto reply = ask("PUT", shop);
  CAF_CHECK_EQUAL(reply.status, 405);
  CAF_CHECK_EQUAL(reply.body["error"]["code"], "SM-3004");
  CAF_CHECK_EQUAL(reply.fields["allow"], "GET, DELETE");
  CAF_CHECK(ask("POST", "/healthz", "").fields["allow"] == "GET");
}

CAF_TEST(a tunnel is closed by its owner) {
  auto reply = ask("DELETE", shop);
  CAF_CHECK_EQUAL(reply.status, 200);
  CAF_CHECK_EQUAL(reply.body["state"], "closed");
  CAF_CHECK_EQUAL(world->closed.size(), 1u);
}

CAF_TEST(requests are listed with what filters they were asked for) {
  auto reply = ask("GET", requests + "?method=post&status=4xx&path=%2Forders+a&limit=5&before=30");
  CAF_CHECK_EQUAL(reply.status, 200);
  CAF_CHECK_EQUAL(reply.body["next"], "7");
  CAF_CHECK_EQUAL(reply.body["dropped"], 2);
  const auto& line = reply.body["requests"][0];
  CAF_CHECK_EQUAL(line["id"], "17");
  CAF_CHECK_EQUAL(line["path"], "/orders?x=1");
  CAF_CHECK_EQUAL(line["total_ms"], 2.5);
  CAF_CHECK_EQUAL(line["response_bytes"], 5000);
  CAF_CHECK(line["error"].is_null());
  CAF_CHECK(line["started"].get<std::string>().ends_with(".123Z"));
  const auto& asked = world->listed.back();
  CAF_CHECK_EQUAL(asked.filter.method, "post");
  CAF_CHECK_EQUAL(asked.filter.status_min, 400);
  CAF_CHECK_EQUAL(asked.filter.status_max, 499);
  CAF_CHECK_EQUAL(asked.filter.path, "/orders a");
  CAF_CHECK_EQUAL(asked.limit, 5u);
  CAF_CHECK_EQUAL(asked.before, capture_id{30});
}

CAF_TEST(a parameter that is not understood is said) {
  for (const auto* query :
       {"limit=0", "limit=501", "limit=x", "limit=-1", "before=x", "status=abc", "status=9xx",
        "status=500-400", "status=", "colour=red", "a=%zz", "path=%f", "path=a&path=b"})
    CAF_CHECK_EQUAL(code_of("GET", requests + "?" + query), "400 SM-3003");
  for (const auto* query : {"status=404", "status=400-404", "status=5xx", "limit=500", "", "&&"})
    CAF_CHECK_EQUAL(ask("GET", requests + "?" + query).status, 200);
}

CAF_TEST(every call names a parameter that it does not take) {
  for (const auto& each : control::api_resources()) {
    auto reply = ask(std::string{each.method}, path_of(each) + "?colour=red", "root");
    CAF_CHECK_EQUAL(reply.status, 400);
    CAF_REQUIRE(reply.body.contains("error"));
    CAF_CHECK_EQUAL(reply.body["error"]["code"], "SM-3003");
    CAF_CHECK_EQUAL(reply.body["error"]["message"],
                    "the API request is malformed: parameter colour is unknown here");
  }
  CAF_CHECK(world->closed.empty());
}

CAF_TEST(a parameter that is misspelt is told what was meant) {
  std::string text = ask("GET", requests + "?stauts=404").body["error"]["message"];
  CAF_CHECK(text.ends_with("parameter stauts is unknown here, did you mean 'status'?"));
  text = ask("GET", requests + "?limit=none").body["error"]["message"];
  CAF_CHECK(text.ends_with("the value of parameter limit"));
  auto long_name = std::string(5'000, 'x');
  CAF_CHECK(ask("GET", tunnels + "?" + long_name + "=1").text.size() < 300u);
}

CAF_TEST(a parameter tells nobody what he may not see) {
  CAF_CHECK_EQUAL(code_of("GET", tunnels + "?colour=red", "mallory"), "401 SM-3001");
  CAF_CHECK_EQUAL(code_of("GET", "/api/v1/actors?colour=red", "bob"), "404 SM-3002");
}

CAF_TEST(a request is shown with its heads and bodies) {
  auto body = ask("GET", requests + "/17").body;
  const auto& fields = body["request"]["headers"];
  CAF_REQUIRE_EQUAL(fields.size(), 3u);
  CAF_CHECK_EQUAL(fields[0]["name"], "Host");
  CAF_CHECK_EQUAL(fields[1]["value"], "1");
  CAF_CHECK_EQUAL(fields[2]["name"], "X-A");
  CAF_CHECK_EQUAL(fields[2]["value"], "2");
  CAF_CHECK_EQUAL(body["request"]["body"]["encoding"], "text");
  CAF_CHECK_EQUAL(body["request"]["body"]["content"], "{\"a\":1}");
  CAF_CHECK_EQUAL(body["request"]["body"]["truncated"], false);
  CAF_CHECK_EQUAL(body["response"]["body"]["encoding"], "base64");
  CAF_CHECK_EQUAL(body["response"]["body"]["content"], "AAH/");
  CAF_CHECK_EQUAL(body["response"]["body"]["bytes"], 5000);
  CAF_CHECK_EQUAL(body["response"]["body"]["truncated"], true);
  CAF_CHECK_EQUAL(body["response"]["headers"][0]["value"], "\xef\xbf\xbd"); // no UTF-8: replaced
}

CAF_TEST(requests are cleared and sent again) {
  CAF_CHECK(ask("DELETE", requests).body["cleared"] == 1);
  CAF_CHECK(ask("POST", requests + "/17/replay").body["id"] == "17");
  CAF_CHECK_EQUAL(code_of("POST", requests + "/99/replay"), "502 SM-1005");
}

CAF_TEST(an account has so many replays at once and the others have theirs) {
  auto slow = std::async(std::launch::async,
                         [this] { return ask("POST", requests + "/98/replay").status; });
  auto is_asked = [this] {
    std::lock_guard guard{world->mutex};
    return !world->slow_replays.empty();
  };
  while (!is_asked())
    std::this_thread::yield();
  CAF_CHECK_EQUAL(code_of("POST", requests + "/17/replay"), "429 SM-3009");
  CAF_CHECK_EQUAL(ask("POST", bank + "/requests/17/replay", "bob").status, 200);
  CAF_CHECK(ask("GET", "/api/v1/counters", "root").body["counters"]["api_replays_refused"] == 1);
  CAF_CHECK_EQUAL(ask("DELETE", requests).status, 200); // lets it end
  CAF_CHECK_EQUAL(slow.get(), 404);
  CAF_CHECK_EQUAL(ask("POST", requests + "/17/replay").status, 200);
}

CAF_TEST(admins see how the actors are) {
  auto reply = ask("GET", "/api/v1/actors", "root");
  CAF_CHECK_EQUAL(reply.status, 200);
  CAF_CHECK_EQUAL(reply.body["actors"][0]["name"], "name_registry");
  CAF_CHECK_EQUAL(reply.body["actors"][0]["restarts"], 3);
}

CAF_TEST(admins see which bounds were reached and nobody else does) {
  auto reply = ask("GET", "/api/v1/counters", "root");
  CAF_CHECK_EQUAL(reply.status, 200);
  CAF_CHECK_EQUAL(reply.body["counters"]["api_connections_refused"], 0);
  CAF_CHECK_EQUAL(reply.body["counters"]["edge_waits_refused"], 7);
  CAF_CHECK_EQUAL(code_of("GET", "/api/v1/counters"), "404 SM-3002");
}

CAF_TEST(a connection serves one request after the other) {
  std::string request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
  auto answer = exchange(request + request
                         + "HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::size_t count = 0;
  for (auto at = answer.find("200 OK"); at != std::string::npos; at = answer.find("200 OK", at + 1))
    ++count;
  CAF_CHECK_EQUAL(count, 3u);
  CAF_CHECK(answer.ends_with("\r\n\r\n")); // HEAD has a length and no body
}

CAF_TEST(what is too large or no HTTP is refused) {
  CAF_CHECK(exchange("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n")
              .starts_with("HTTP/1.1 431 "));
  CAF_CHECK(exchange("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
              .starts_with("HTTP/1.1 413 "));
  CAF_CHECK(exchange("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

CAF_TEST(a live stream shows requests as they happen) {
  live_reader reader{address(), shop + "/live", "ada"};
  CAF_REQUIRE_EQUAL(reader.status(), 101);
  feed()->offer(make_capture(20));
  auto event = reader.read();
  CAF_CHECK_EQUAL(event["event"], "request");
  CAF_CHECK_EQUAL(event["request"]["id"], "20");
  feed()->offer(make_capture(21));
  CAF_CHECK(reader.read()["request"]["id"] == "21");
  feed()->end();
  CAF_CHECK_EQUAL(reader.read_close_code(), 1000);
}

CAF_TEST(a slow reader is told how many it lost) {
  live_reader reader{address(), shop + "/live", "ada"};
  CAF_REQUIRE_EQUAL(reader.status(), 101);
  auto source = feed();
  for (std::uint64_t id = 1; id <= 20'000; ++id)
    source->offer(make_capture(id));
  std::uint64_t seen = 0;
  std::uint64_t lost = 0;
  while (seen + lost < 20'000) {
    auto event = reader.read();
    if (event["event"] == "lost")
      lost += event["count"].get<std::uint64_t>();
    else
      ++seen;
  }
  CAF_CHECK_EQUAL(seen + lost, 20'000u);
  CAF_CHECK(lost > 0);
}

CAF_TEST(a live stream ends when its key is revoked) {
  live_reader reader{address(), shop + "/live", "ada"};
  CAF_REQUIRE_EQUAL(reader.status(), 101);
  {
    std::lock_guard guard{world->mutex};
    world->revoked.insert("ada");
  }
  CAF_CHECK_EQUAL(reader.read_close_code(), 1008);
}

CAF_TEST(a live stream needs a key and an upgrade) {
  CAF_CHECK_EQUAL(live_reader(address(), shop + "/live", "mallory").status(), 401);
  CAF_CHECK_EQUAL(live_reader(address(), bank + "/live", "ada").status(), 404);
  CAF_CHECK_EQUAL(code_of("GET", shop + "/live"), "400 SM-3003");
}

CAF_TEST(an account has so many live views at once and the others have theirs) {
  auto open = [this](const std::string& key) {
    return std::make_unique<live_reader>(address(), shop + "/live", key);
  };
  auto one = open("ada");
  auto two = open("ada");
  CAF_CHECK_EQUAL(two->status(), 101);
  CAF_CHECK_EQUAL(open("ada")->status(), 429);
  CAF_CHECK_EQUAL(open("root")->status(), 101);
  CAF_CHECK_EQUAL(open("bob")->status(), 404); // and what is refused takes no place
  CAF_CHECK(ask("GET", "/api/v1/counters", "root").body["counters"]["api_live_views_refused"] == 1);
  one.reset();
  auto is_free = false;
  for (int i = 0; i < 10'000 && !is_free; ++i)
    is_free = open("ada")->status() == 101;
  CAF_CHECK(is_free);
}

CAF_TEST(stopping ends open streams) {
  live_reader reader{address(), shop + "/live", "ada"};
  server->stop();
  CAF_CHECK_EQUAL(reader.read_close_code(), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(who asks nothing makes room for who does) {
  api_fixture small{{.connections_max = 1}};
  live_reader silent{small.address(), "/healthz", "ada"}; // answered, and kept open
  CAF_CHECK_EQUAL(small.ask("GET", "/healthz", "").status, 200);
  auto counters = small.ask("GET", "/api/v1/counters", "root").body["counters"];
  CAF_CHECK(counters["api_connections_dropped"] >= 1);
  CAF_CHECK_EQUAL(counters["api_connections_refused"], 0);
}

CAF_TEST(one too many is told so) {
  api_fixture small{{.connections_max = 1}};
  small.world->tunnels = {{.endpoint = {12}, .owner = {1}}};
  live_reader open{small.address(), bank + "/live", "ada"}; // not waiting for anything
  CAF_REQUIRE_EQUAL(open.status(), 101);
  CAF_CHECK_EQUAL(small.ask("GET", "/healthz", "").status, 503);
}

CAF_TEST(a request that does not arrive in time is hung up on) {
  api_fixture hasty{{.request_time = milliseconds{50}}};
  CAF_CHECK_EQUAL(hasty.exchange("GET / HTTP/1.1\r\n"), "");
}

CAF_TEST(an actor that does not answer costs a 503) {
  api_fixture deaf{{.ask_time = milliseconds{50}}};
  caf::anon_send_exit(deaf.whom.desk, caf::exit_reason::kill);
  CAF_CHECK_EQUAL(deaf.ask("GET", tunnels).status, 503);
}

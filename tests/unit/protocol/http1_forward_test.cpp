// What changes in a head on its way through, and that nothing else does.
#define CAF_SUITE http1_forward
#include "protocol/http1/forward.hpp"
#include "tests/unit/protocol/allocations.hpp"
#include "tests/unit/test.hpp"

#include <string>

using namespace serverme;
using namespace serverme::http1;

namespace {

const std::string ours = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n"
                         "X-Forwarded-Host: shop\r\n"
                         "Forwarded: for=203.0.113.7;host=shop;proto=https\r\n";

visit from_visitor() { return {.visitor_address = "203.0.113.7", .scheme = "https"}; }

std::string forwarded(const std::string& text, const visit& from = from_visitor()) {
  request_head head;
  std::size_t scanned = 0;
  auto complete = parse_request(as_bytes(text), {}, scanned, head);
  CAF_REQUIRE(complete && *complete);
  byte_queue out;
  append_request(out, head, from);
  return std::string{out.text()};
}

/// Of a request for host "shop" with these lines: what comes between Host and our own fields, and
/// what comes after them.
std::string kept(const std::string& lines) {
  auto head = forwarded("GET / HTTP/1.1\r\nHost: shop\r\n" + lines + "\r\n");
  const std::string begin = "GET / HTTP/1.1\r\nHost: shop\r\n";
  auto own = head.find(ours);
  CAF_REQUIRE(head.starts_with(begin) && own != std::string::npos && head.ends_with("\r\n\r\n"));
  return head.substr(begin.size(), own - begin.size())
         + head.substr(own + ours.size(), head.size() - own - ours.size() - 2);
}

constexpr answer_rules to_1_1{.visitor_version = version::http_1_1};
constexpr answer_rules to_1_0{.visitor_version = version::http_1_0};

std::string answered(const std::string& text, const answer_rules& rules = to_1_1,
                     std::string_view method = "GET") {
  response_head head;
  std::size_t scanned = 0;
  auto complete = parse_response(as_bytes(text), {}, scanned, method, head);
  CAF_REQUIRE(complete && *complete);
  byte_queue out;
  append_response(out, head, rules);
  return std::string{out.text()};
}

} // namespace

CAF_TEST(fields keep their order and their case) {
  CAF_CHECK_EQUAL(forwarded("BREW /a?b HTTP/1.1\r\nx-A:1\r\nHOST: shop\r\nX-a:  2 \r\nB:\r\n\r\n"),
                  "BREW /a?b HTTP/1.1\r\nx-A: 1\r\nHOST: shop\r\nX-a: 2\r\nB: \r\n" + ours
                    + "\r\n");
}

CAF_TEST(the version becomes our own) {
  auto head = forwarded("GET / HTTP/1.0\r\nHost: shop\r\nConnection: keep-alive\r\n\r\n");
  CAF_CHECK_EQUAL(head, "GET / HTTP/1.1\r\nHost: shop\r\n" + ours + "\r\n");
}

CAF_TEST(an absolute target becomes a path and names the host) {
  auto target = [](const std::string& url, const std::string& method = "GET") {
    auto head = forwarded(method + " " + url + " HTTP/1.1\r\nHost: other\r\n\r\n");
    CAF_CHECK(head.find("\r\nHost: shop\r\n") != std::string::npos);
    CAF_CHECK(head.find(ours) != std::string::npos);
    return head.substr(0, head.find(" HTTP/1.1"));
  };
  CAF_CHECK_EQUAL(target("http://shop/a?b"), "GET /a?b");
  CAF_CHECK_EQUAL(target("http://shop"), "GET /");
  CAF_CHECK_EQUAL(target("HTTPS://shop?b"), "GET /?b");
  CAF_CHECK_EQUAL(target("http://shop", "OPTIONS"), "OPTIONS *");
  CAF_CHECK_EQUAL(target("http://shop/", "OPTIONS"), "OPTIONS /");
  auto old = forwarded("GET http://shop/ HTTP/1.0\r\nA: b\r\n\r\n");
  CAF_CHECK_EQUAL(old, "GET / HTTP/1.1\r\nHost: shop\r\nA: b\r\n" + ours + "\r\n");
}

CAF_TEST(the host can be replaced and the visitor still has his) {
  auto from = from_visitor();
  from.host_header = "internal:3000";
  CAF_CHECK_EQUAL(forwarded("GET / HTTP/1.1\r\nHost: shop\r\n\r\n", from),
                  "GET / HTTP/1.1\r\nHost: internal:3000\r\n" + ours + "\r\n");
}

CAF_TEST(what a stranger says about himself is dropped) {
  CAF_CHECK_EQUAL(
    kept("X-Forwarded-For: 6.6.6.6\r\nx-forwarded-proto: ftp\r\n"
         "X-Forwarded-Host: evil\r\nX-Forwarded-Port: 666\r\nX-FORWARDED-PREFIX: /a\r\n"
         "Forwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\n"
         "x-real_ip: 6.6.6.6\r\nX-Forwarded: stays\r\n"),
    "X-Forwarded: stays\r\n");
}

CAF_TEST(addresses and hosts are quoted where they must be) {
  visit from{.visitor_address = "2001:db8::1", .scheme = "http"};
  auto head = forwarded("GET / HTTP/1.1\r\nHost: shop:8080\r\n\r\n", from);
  CAF_CHECK(head.find("X-Forwarded-For: 2001:db8::1\r\n") != std::string::npos);
  CAF_CHECK(head.find("X-Forwarded-Host: shop:8080\r\n") != std::string::npos);
  CAF_CHECK(head.find("Forwarded: for=\"[2001:db8::1]\";host=\"shop:8080\";proto=http\r\n")
            != std::string::npos);
}

CAF_TEST(hop by hop fields end here) {
  CAF_CHECK_EQUAL(
    kept("Connection: keep-alive, X-Private\r\nx-private: 1\r\nKeep-Alive: 5\r\n"
         "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nTE: gzip\r\n"
         "Proxy: http://evil\r\nUpgrade: h2c\r\nX-Public: 1\r\n"),
    "X-Public: 1\r\n");
}

CAF_TEST(naming a field in Connection cannot change the framing or the host) {
  CAF_CHECK_EQUAL(
    kept("Content-Length: 3\r\nConnection: content-length, host, x-forwarded-for\r\n"),
    "Content-Length: 3\r\n");
  CAF_CHECK_EQUAL(kept("Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n"),
                  "Transfer-Encoding: chunked\r\n");
}

CAF_TEST(an upgrade is passed on when it is asked for) {
  CAF_CHECK_EQUAL(kept("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Key: x\r\n"),
                  "Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nConnection: Upgrade\r\n");
}

CAF_TEST(only trailers of TE is passed on) {
  CAF_CHECK_EQUAL(kept("TE: gzip;q=0.5, Trailers\r\nTrailer: X-Sum\r\n"),
                  "Trailer: X-Sum\r\nTE: trailers\r\nConnection: TE\r\n");
  CAF_CHECK_EQUAL(kept("TE: trailers\r\nConnection: TE, Upgrade\r\nUpgrade: a\r\n"),
                  "Upgrade: a\r\nTE: trailers\r\nConnection: Upgrade, TE\r\n");
}

CAF_TEST(an answer loses only what is hop by hop) {
  CAF_CHECK_EQUAL(answered("HTTP/1.0 200 Fine, really\r\nset-cookie: a\r\nConnection: X-Hop\r\n"
                           "X-Hop: 1\r\nSet-Cookie: b\r\nKeep-Alive: timeout=5\r\nUpgrade: h2\r\n"
                           "Content-Length: 2\r\nTrailer: X\r\n\r\n"),
                  "HTTP/1.1 200 Fine, really\r\nset-cookie: a\r\nSet-Cookie: b\r\n"
                  "Content-Length: 2\r\nTrailer: X\r\n\r\n");
  CAF_CHECK_EQUAL(answered("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
                  "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n");
}

CAF_TEST(line ends of LF become CR LF) {
  CAF_CHECK_EQUAL(answered("HTTP/1.1 200 OK\nA: b\nContent-Length: 0\n\n"),
                  "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 0\r\n\r\n");
}

CAF_TEST(the visitor is told whether his connection lasts) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  auto connection = [](const std::string& answer) {
    auto at = answer.find("Connection: ");
    return at == std::string::npos ? "" : answer.substr(at + 12, answer.size() - at - 16);
  };
  auto closing = to_1_1;
  closing.keep_alive = false;
  auto closing_1_0 = to_1_0;
  closing_1_0.keep_alive = false;
  CAF_CHECK_EQUAL(connection(answered(head, to_1_1)), "");
  CAF_CHECK_EQUAL(connection(answered(head, closing)), "close");
  CAF_CHECK_EQUAL(connection(answered(head, to_1_0)), "keep-alive");
  CAF_CHECK_EQUAL(connection(answered(head, closing_1_0)), "close");
  CAF_CHECK_EQUAL(connection(answered("HTTP/1.1 200 OK\r\n\r\n", to_1_1)), "close");
}

CAF_TEST(chunks go to HTTP 1 point 0 as plain content until the end) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n";
  CAF_CHECK_EQUAL(answered(head, to_1_1), head);
  CAF_CHECK_EQUAL(answered(head, to_1_0), "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n");
}

CAF_TEST(answers without a body keep what they say about one where that is allowed) {
  const std::string length = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
  CAF_CHECK_EQUAL(answered(length, to_1_1, "HEAD"), length);
  const std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CAF_CHECK_EQUAL(answered(chunks, to_1_1, "HEAD"), chunks);
  const std::string unchanged = "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n";
  CAF_CHECK_EQUAL(answered(unchanged), unchanged);
  CAF_CHECK_EQUAL(answered("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n"),
                  "HTTP/1.1 204 No\r\n\r\n");
  CAF_CHECK_EQUAL(answered("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n"),
                  "HTTP/1.1 204 No\r\n\r\n");
  CAF_CHECK_EQUAL(answered("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
                  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}

CAF_TEST(an accepted upgrade stays one) {
  auto rules = to_1_1;
  rules.upgraded = true;
  rules.keep_alive = false;
  CAF_CHECK_EQUAL(answered("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
                           rules),
                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Accept: x\r\nConnection: Upgrade\r\n\r\n");
}

CAF_TEST(an answer that asks for an upgrade says to what) {
  CAF_CHECK_EQUAL(answered("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nContent-Length: 0\r\n\r\n"),
                  "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n"
                  "Connection: Upgrade\r\n\r\n");
}

CAF_TEST(forwarding of steady traffic allocates nothing) {
  const std::string text = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nA: b\r\n\r\n";
  request_head head;
  std::size_t scanned = 0;
  CAF_REQUIRE(parse_request(as_bytes(text), {}, scanned, head));
  byte_queue out;
  append_request(out, head, from_visitor());
  out.clear();
  auto before = tests::allocations();
  append_request(out, head, from_visitor());
  auto after = tests::allocations();
  CAF_CHECK(after == before && !out.empty());
}

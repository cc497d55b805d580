// Heads of requests and responses: what is understood, and what is refused because two programs
// could understand it differently.
#define CAF_SUITE http1_head
#include "protocol/http1/head.hpp"
#include "tests/unit/protocol/allocations.hpp"
#include "tests/unit/test.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace serverme;
using namespace serverme::http1;

namespace {

std::string verdict(const result<bool>& outcome) {
  if (!outcome)
    return std::string{to_string(outcome.error().code)};
  return *outcome ? "complete" : "incomplete";
}

struct fixture {
  head_limits limits;
  request_head request;
  response_head response;
  std::string text; // what the heads point into

  std::string ask(std::string_view bytes) {
    text = bytes;
    std::size_t scanned = 0;
    return verdict(parse_request(as_bytes(text), limits, scanned, request));
  }

  std::string answer(std::string_view bytes, std::string_view method = "GET") {
    text = bytes;
    std::size_t scanned = 0;
    return verdict(parse_response(as_bytes(text), limits, scanned, method, response));
  }

  /// A request for a host with these lines.
  std::string ask_with(std::string_view lines) {
    return ask("POST / HTTP/1.1\r\nHost: shop\r\n" + std::string{lines} + "\r\n");
  }
};

struct row {
  const char* name;
  std::string text;
  const char* expected = "bad_request";
};

std::string with_name(const row& row, std::string_view outcome) {
  return std::string{row.name} + ": " + std::string{outcome};
}

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += text;
  return out;
}

using namespace std::string_literals;

const std::string shop = "GET / HTTP/1.1\r\nHost: shop\r\n";

const std::vector<row> refused_requests{
  {"two lengths", shop + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"},
  {"two equal lengths", shop + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"},
  {"a list of lengths", shop + "Content-Length: 3, 3\r\n\r\n"},
  {"a length with a sign", shop + "Content-Length: +3\r\n\r\n"},
  {"a negative length", shop + "Content-Length: -3\r\n\r\n"},
  {"a length in hex", shop + "Content-Length: 0x3\r\n\r\n"},
  {"a length with a blank in it", shop + "Content-Length: 1 2\r\n\r\n"},
  {"an empty length", shop + "Content-Length: \r\n\r\n"},
  {"a length of 2^63", shop + "Content-Length: 9223372036854775808\r\n\r\n"},
  {"a length of 2^64 + 1", shop + "Content-Length: 18446744073709551617\r\n\r\n"},
  {"a length and chunks", shop + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
  {"chunks and a length", shop + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"},
  {"a coding that is not chunked", shop + "Transfer-Encoding: identity\r\n\r\n"},
  {"an empty coding", shop + "Transfer-Encoding:\r\n\r\n"},
  {"chunked not last", shop + "Transfer-Encoding: chunked, gzip\r\n\r\n"},
  {"chunked behind another", shop + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
  {"chunked twice", shop + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
  {"chunked twice in one", shop + "Transfer-Encoding: chunked, chunked\r\n\r\n"},
  {"chunked with a parameter", shop + "Transfer-Encoding: chunked;q=1\r\n\r\n"},
  {"chunked behind a vertical tab", shop
                                      + "Transfer-Encoding: \x0b"
                                        "chunked\r\n\r\n"},
  {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n"},
  {"a blank before the colon", shop + "Content-Length : 3\r\n\r\n"},
  {"a tab before the colon", shop + "X-A\t: 3\r\n\r\n"},
  {"a folded line", shop + "X-A: b\r\n c\r\n\r\n"},
  {"a line folded with a tab", shop + "X-A: b\r\n\tc\r\n\r\n"},
  {"a folded first line", "GET / HTTP/1.1\r\n Host: shop\r\n\r\n"},
  {"bare LF everywhere", "GET / HTTP/1.1\nHost: shop\n\n"},
  {"one bare LF", shop + "X-A: b\nX-C: d\r\n\r\n"},
  {"an empty line of LF", shop + "\n"},
  {"a bare CR in a value", shop + "X-A: b\rX-C: d\r\n\r\n"},
  {"a bare CR at the end of a value", shop + "X-A: b\r\r\n\r\n"},
  {"NUL in a value", shop + "X-A: b\0c\r\n\r\n"s},
  {"DEL in a value", shop + "X-A: 12345678\x7f\r\n\r\n"},
  {"a control character in a long value", shop + "X-A: 0123456789abcde\x01 fg\r\n\r\n"},
  {"NUL in a name", shop + "X\0A: b\r\n\r\n"s},
  {"a name above 127", shop + "X-\xc3\xa9: b\r\n\r\n"},
  {"no name", shop + ": x\r\n\r\n"},
  {"no colon", shop + "nonsense\r\n\r\n"},
  {"two hosts", shop + "Host: other\r\n\r\n"},
  {"two equal hosts", shop + "host: shop\r\n\r\n"},
  {"a host with a path", "GET / HTTP/1.1\r\nHost: shop/a\r\n\r\n"},
  {"a host with a blank", "GET / HTTP/1.1\r\nHost: shop other\r\n\r\n"},
  {"a host with a user", "GET / HTTP/1.1\r\nHost: me@shop\r\n\r\n"},
  {"a host with markup", "GET / HTTP/1.1\r\nHost: <b>\r\n\r\n"},
  {"two blanks", "GET  / HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"two blanks before the version", "GET /  HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"a blank behind the version", "GET / HTTP/1.1 \r\nHost: shop\r\n\r\n"},
  {"a blank in front", " GET / HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"a tab in the target", "GET /a\tb HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: shop\r\n\r\n"s},
  {"a bare CR in the first line", "GET /\r HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"a method that is no token", "G@T / HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"no method", "/ HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"no target", "GET HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"no version", "GET /\r\nHost: shop\r\n\r\n"},
  {"a small version", "GET / http/1.1\r\nHost: shop\r\n\r\n"},
  {"a version of two digits", "GET / HTTP/1.10\r\nHost: shop\r\n\r\n"},
  {"a version that is none", "GET / HTTP/1.x\r\nHost: shop\r\n\r\n"},
  {"nothing but empty lines", "\r\n\r\n"},
  {"two empty lines in front", "\r\n\r\n" + shop + "\r\n"},
  {"CONNECT", "CONNECT shop:22 HTTP/1.1\r\nHost: shop:22\r\n\r\n"},
  {"a target without a slash", "GET a/b HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"a star for GET", "GET * HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"another scheme", "GET ftp://shop/ HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"a URL without a host", "GET http:///a HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"a URL with a user", "GET http://me:pw@shop/ HTTP/1.1\r\nHost: shop\r\n\r\n"},
  {"too many connection options", shop + "Connection: " + repeated("a,", 40) + "b\r\n\r\n"},
  {"no host", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", "host_missing"},
  {"no host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "host_missing"},
  {"an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "host_missing"},
  {"a URL instead of Host", "GET http://shop/ HTTP/1.1\r\n\r\n", "host_missing"},
  {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http_version_unsupported"},
  {"HTTP/0.9", "GET / HTTP/0.9\r\nHost: shop\r\n\r\n", "http_version_unsupported"},
  {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: shop\r\n\r\n", "http_version_unsupported"},
};

const std::vector<row> refused_responses{
  {"no HTTP at all", "this is not HTTP at all\r\n\r\n"},
  {"another protocol", "SSH-2.0-OpenSSH_9.2p1\r\n"},
  {"HTTP/2", "HTTP/2 200\r\n\r\n"},
  {"HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"},
  {"two digits", "HTTP/1.1 20 OK\r\n\r\n"},
  {"four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
  {"a status with a sign", "HTTP/1.1 +20 OK\r\n\r\n"},
  {"a status below 100", "HTTP/1.1 099 OK\r\n\r\n"},
  {"no status", "HTTP/1.1\r\n\r\n"},
  {"two blanks", "HTTP/1.1  200 OK\r\n\r\n"},
  {"a control character in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n"},
  {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n"},
  {"a length and chunks",
   "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
  {"chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
  {"another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
  {"a blank before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\n"},
  {"a folded line", "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\r\n"},
  {"a bare LF among CR LF", "HTTP/1.1 200 OK\r\nX-A: b\nSet-Cookie: evil\r\n\r\n"},
  {"CR LF among bare LF", "HTTP/1.1 200 OK\nX-A: b\r\n\n"},
  {"a bare CR among bare LF", "HTTP/1.1 200 OK\nX-A: b\rc\n\n"},
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http1_head_tests, fixture)

CAF_TEST(a request is understood) {
  CAF_REQUIRE_EQUAL(ask("PUT /a?b HTTP/1.1\r\nHost: Shop.example:8080\r\nx-MiXed:\t one  two \t\r\n"
                        "Content-Length: 3\r\nEmpty:\r\n\r\nabcGET"),
                    "complete");
  CAF_CHECK_EQUAL(request.method, "PUT");
  CAF_CHECK_EQUAL(request.target, "/a?b");
  CAF_CHECK_EQUAL(request.host, "Shop.example:8080");
  CAF_CHECK(request.version == version::http_1_1);
  CAF_CHECK(request.body == framing::length);
  CAF_CHECK_EQUAL(request.content_length, 3u);
  CAF_CHECK(request.keep_alive && !request.expects_continue && request.upgrade.empty());
  CAF_REQUIRE_EQUAL(request.fields.size(), 4u);
  CAF_CHECK_EQUAL(request.fields[1].name, "x-MiXed");
  CAF_CHECK_EQUAL(request.fields[1].value, "one  two");
  CAF_CHECK_EQUAL(request.fields[3].value, "");
  CAF_CHECK_EQUAL(text.substr(request.size), "abcGET");
}

CAF_TEST(what can be understood in two ways is refused) {
  for (const auto& row : refused_requests)
    CAF_CHECK_EQUAL(with_name(row, ask(row.text)), with_name(row, row.expected));
}

CAF_TEST(no control character hides in a value) {
  for (int c = 0; c < 256; ++c)
    for (std::size_t at = 0; at < 20; ++at) {
      auto value = std::string(20, 'x');
      value[at] = static_cast<char>(c);
      bool is_control = (c < ' ' && c != '\t') || c == 0x7f;
      CAF_CHECK_EQUAL(ask_with("A:" + value + "\r\n"), is_control ? "bad_request" : "complete");
    }
}

CAF_TEST(answers that are no clean HTTP are refused) {
  for (const auto& row : refused_responses)
    CAF_CHECK_EQUAL(with_name(row, answer(row.text)), with_name(row, "local_bad_response"));
}

CAF_TEST(a refusal does not depend on where the bytes are cut) {
  for (const auto& row : refused_requests)
    for (std::size_t cut = 0; cut < row.text.size(); ++cut) {
      std::size_t scanned = 0;
      auto first = parse_request(as_bytes(row.text).first(cut), limits, scanned, request);
      auto whole = first && !*first ? parse_request(as_bytes(row.text), limits, scanned, request)
                                    : std::move(first);
      CAF_CHECK_EQUAL(with_name(row, verdict(whole)), with_name(row, row.expected));
    }
}

CAF_TEST(a request cut anywhere is complete with its last byte and not before) {
  text = "POST /a HTTP/1.1\r\nHost: shop\r\nX-Y: z\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    std::size_t scanned = 0;
    CAF_CHECK_EQUAL(verdict(parse_request(as_bytes(text).first(cut), limits, scanned, request)),
                    "incomplete");
    CAF_CHECK_EQUAL(verdict(parse_request(as_bytes(text), limits, scanned, request)), "complete");
    CAF_CHECK(request.body == framing::chunked);
    CAF_CHECK_EQUAL(request.size, text.size());
  }
}

CAF_TEST(an answer cut anywhere is complete with its last byte and not before) {
  for (const auto& whole : {"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\n"s,
                            "HTTP/1.1 200 OK\nA: b\nContent-Length: 5\n\n"s})
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
      std::size_t scanned = 0;
      auto first = parse_response(as_bytes(whole).first(cut), limits, scanned, "GET", response);
      CAF_CHECK_EQUAL(verdict(first), "incomplete");
      auto second = parse_response(as_bytes(whole), limits, scanned, "GET", response);
      CAF_CHECK_EQUAL(verdict(second), "complete");
      CAF_CHECK_EQUAL(response.content_length, 5u);
    }
}

CAF_TEST(a head that comes byte by byte is searched only once) {
  auto whole = shop + "\r\n";
  std::size_t scanned = 0;
  for (std::size_t have = 1; have < whole.size(); ++have) {
    CAF_REQUIRE_EQUAL(verdict(parse_request(as_bytes(whole).first(have), limits, scanned, request)),
                      "incomplete");
    CAF_CHECK_EQUAL(scanned, have);
  }
}

CAF_TEST(what cannot become a head is refused with its first bytes) {
  CAF_CHECK_EQUAL(ask("\x16\x03\x01"), "bad_request");
  CAF_CHECK_EQUAL(answer("220 mail"), "local_bad_response");
  CAF_CHECK_EQUAL(answer("HTTX"), "local_bad_response");
}

CAF_TEST(heads are limited in bytes) {
  limits.bytes_max = 100;
  auto long_head = [](std::size_t size) {
    auto begin = shop + "A: ", end = "\r\n\r\n"s;
    return begin + std::string(size - begin.size() - end.size(), 'x') + end;
  };
  CAF_CHECK_EQUAL(ask(long_head(100)), "complete");
  CAF_CHECK_EQUAL(ask(long_head(101)), "head_too_large");
  CAF_CHECK_EQUAL(ask(long_head(101).substr(0, 99)), "incomplete");
  CAF_CHECK_EQUAL(ask(long_head(101).substr(0, 100)), "head_too_large");
  CAF_CHECK_EQUAL(answer("HTTP/1.1 200 " + std::string(100, 'x')), "local_bad_response");
}

CAF_TEST(heads are limited in fields) {
  limits.fields_max = 5;
  CAF_CHECK_EQUAL(ask_with(repeated("A: b\r\n", 4)), "complete");
  CAF_CHECK_EQUAL(ask_with(repeated("A: b\r\n", 5)), "head_too_large");
  CAF_CHECK_EQUAL(answer("HTTP/1.1 200 OK\r\n" + repeated("A: b\r\n", 6) + "\r\n"),
                  "local_bad_response");
}

CAF_TEST(an absolute target counts more than Host) {
  CAF_CHECK_EQUAL(ask("GET HTTP://shop:80/a HTTP/1.1\r\nHost: other\r\n\r\n"), "complete");
  CAF_CHECK_EQUAL(request.host, "shop:80");
  CAF_CHECK_EQUAL(ask("GET https://shop?q HTTP/1.1\r\nHost:\r\n\r\n"), "complete");
  CAF_CHECK_EQUAL(request.host, "shop");
  CAF_CHECK_EQUAL(ask("GET http://[::1]:80/ HTTP/1.0\r\n\r\n"), "complete");
  CAF_CHECK_EQUAL(request.host, "[::1]:80");
}

CAF_TEST(odd but clear requests are understood) {
  CAF_CHECK_EQUAL(ask("OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n"), "complete");
  CAF_CHECK_EQUAL(ask("M-SEARCH /\xc3\xa9|{} HTTP/1.1\r\nHost: shop\r\n\r\n"), "complete");
  CAF_CHECK_EQUAL(ask_with("!#$%&'*+.^_`|~: token\r\nX: caf\xe9\ta\r\n"), "complete");
  CAF_CHECK_EQUAL(ask("\r\n" + shop + "\r\n"), "complete");
  CAF_CHECK_EQUAL(request.size, text.size());
  CAF_CHECK_EQUAL(ask_with("content-length: 0009223372036854775807\r\n"), "complete");
  CAF_CHECK_EQUAL(request.content_length, 9223372036854775807u);
  CAF_CHECK_EQUAL(ask_with("transfer-encoding:  CHUNKED \r\n"), "complete");
  CAF_CHECK(request.body == framing::chunked);
}

CAF_TEST(connections last as the version and Connection say) {
  auto lasts = [this](std::string_view version, std::string_view lines) {
    CAF_REQUIRE_EQUAL(
      ask("GET / " + std::string{version} + "\r\nHost: shop\r\n" + std::string{lines} + "\r\n"),
      "complete");
    return request.keep_alive;
  };
  CAF_CHECK(lasts("HTTP/1.1", ""));
  CAF_CHECK(!lasts("HTTP/1.0", ""));
  CAF_CHECK(!lasts("HTTP/1.1", "Connection: Close\r\n"));
  CAF_CHECK(!lasts("HTTP/1.1", "Connection: x ,close\r\n"));
  CAF_CHECK(!lasts("HTTP/1.1", "Connection: x\r\nConnection: close\r\n"));
  CAF_CHECK(lasts("HTTP/1.1", "Connection: closed\r\n"));
  CAF_CHECK(lasts("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  CAF_CHECK(!lasts("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

CAF_TEST(an upgrade is asked for by two fields in HTTP 1 point 1) {
  CAF_CHECK_EQUAL(ask_with("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"),
                  "complete");
  CAF_CHECK_EQUAL(request.upgrade, "websocket");
  CAF_CHECK_EQUAL(ask_with("Upgrade: websocket\r\n"), "complete");
  CAF_CHECK_EQUAL(request.upgrade, "");
  CAF_CHECK_EQUAL(ask("GET / HTTP/1.0\r\nHost: shop\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n"),
                  "complete");
  CAF_CHECK_EQUAL(request.upgrade, "");
}

CAF_TEST(an expectation is seen) {
  CAF_CHECK_EQUAL(ask_with("Expect: 100-Continue\r\n"), "complete");
  CAF_CHECK(request.expects_continue);
  CAF_CHECK_EQUAL(ask_with("Expect: a miracle\r\n"), "complete");
  CAF_CHECK(!request.expects_continue);
}

CAF_TEST(nothing is left over from the message before) {
  CAF_REQUIRE_EQUAL(ask_with("Connection: close, upgrade\r\nUpgrade: a\r\nExpect: 100-continue\r\n"
                             "Content-Length: 7\r\n"),
                    "complete");
  CAF_REQUIRE_EQUAL(ask(shop + "\r\n"), "complete");
  CAF_CHECK(request.keep_alive && !request.expects_continue && request.upgrade.empty());
  CAF_CHECK(request.body == framing::none && request.content_length == 0);
  CAF_CHECK_EQUAL(request.fields.size(), 1u);
}

CAF_TEST(an answer is understood) {
  CAF_REQUIRE_EQUAL(answer("HTTP/1.1 404 Not  Found, caf\xe9\r\nContent-Length: 3\r\n\r\nabc"),
                    "complete");
  CAF_CHECK_EQUAL(response.status, 404);
  CAF_CHECK_EQUAL(response.reason, "Not  Found, caf\xe9");
  CAF_CHECK(response.body == framing::length && response.content_length == 3);
  CAF_CHECK(response.keep_alive);
  CAF_CHECK_EQUAL(response.size, text.size() - 3);
  CAF_CHECK_EQUAL(answer("HTTP/1.1 200\r\n\r\n"), "complete");
  CAF_CHECK_EQUAL(response.reason, "");
  CAF_CHECK_EQUAL(answer("HTTP/1.1 799 \r\n\r\n"), "complete");
  CAF_CHECK_EQUAL(response.status, 799);
}

CAF_TEST(where an answer ends depends on the request and the status too) {
  struct ending {
    const char* method;
    const char* status;
    const char* lines;
    framing expected;
  };
  const ending endings[]{
    {"GET", "200", "", framing::until_close},
    {"GET", "200", "Content-Length: 0\r\n", framing::length},
    {"GET", "200", "Transfer-Encoding: chunked\r\n", framing::chunked},
    {"HEAD", "200", "Content-Length: 5\r\n", framing::none},
    {"HEAD", "200", "Transfer-Encoding: chunked\r\n", framing::none},
    {"head", "200", "Content-Length: 5\r\n", framing::length}, // methods are case-sensitive
    {"GET", "304", "Content-Length: 5\r\n", framing::none},
    {"GET", "204", "Content-Length: 0\r\n", framing::none},
    {"GET", "204", "Transfer-Encoding: chunked\r\n", framing::none},
    {"GET", "100", "", framing::none},
    {"GET", "101", "", framing::none},
    {"GET", "103", "Content-Length: 5\r\n", framing::none},
  };
  for (const auto& [method, status, lines, expected] : endings) {
    auto head = "HTTP/1.1 "s + status + " R\r\n" + lines + "\r\n";
    CAF_CHECK_EQUAL(answer(head, method), "complete");
    CAF_CHECK(response.body == expected);
  }
}

CAF_TEST(the connection to a service lasts as its answer says) {
  CAF_CHECK_EQUAL(answer("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n"), "complete");
  CAF_CHECK(!response.keep_alive);
  CAF_CHECK_EQUAL(answer("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n"),
                  "complete");
  CAF_CHECK(response.keep_alive);
  CAF_CHECK_EQUAL(answer("HTTP/1.1 200 OK\r\n\r\n"), "complete");
  CAF_CHECK(!response.keep_alive);
  CAF_CHECK_EQUAL(answer("HTTP/1.1 200 OK\nContent-Length: 1\n\n"), "complete");
  CAF_CHECK(!response.keep_alive);
}

CAF_TEST(heads of steady traffic allocate nothing) {
  auto whole
    = shop + repeated("A-Header: of some length, longer than a small string\r\n", 10) + "\r\n";
  for (auto allowed : {std::size_t{100}, std::size_t{0}}) {
    std::size_t scanned = 0;
    auto before = tests::allocations();
    auto complete = parse_request(as_bytes(whole), limits, scanned, request);
    auto after = tests::allocations();
    CAF_CHECK_EQUAL(verdict(complete), "complete");
    CAF_CHECK(after - before <= allowed);
  }
}

CAF_TEST(names are compared without their case) {
  CAF_CHECK(same_name("Content-Length", "cONTENT-lENGTH"));
  CAF_CHECK(same_name("", ""));
  CAF_CHECK(!same_name("a", "ab"));
  CAF_CHECK(!same_name("@", "`"));
  CAF_REQUIRE_EQUAL(ask_with("A: 1\r\na: 2\r\n"), "complete");
  CAF_REQUIRE(find(request.fields, "a") != nullptr);
  CAF_CHECK_EQUAL(find(request.fields, "a")->value, "1");
  CAF_CHECK(find(request.fields, "b") == nullptr);
}

CAF_TEST_FIXTURE_SCOPE_END()

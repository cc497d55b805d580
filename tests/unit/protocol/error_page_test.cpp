// Pages for people and answers for programs, when a request cannot be served.
#define CAF_SUITE error_page
#include "protocol/error_page.hpp"

#include "protocol/http1/head.hpp"
#include "tests/unit/test.hpp"

#include <string>

using namespace serverme;

namespace {

struct page {
  http1::response_head head;
  std::string text;
  std::string body;

  std::string field(std::string_view name) const {
    const auto* found = http1::find(head.fields, name);
    return std::string{found == nullptr ? std::string_view{} : found->value};
  }
  bool has(std::string_view part) const { return body.find(part) != std::string::npos; }
};

page page_for(const error_answer& answer) {
  byte_queue out;
  append_error_answer(out, answer);
  page made;
  made.text = out.text();
  std::size_t scanned = 0;
  auto complete = http1::parse_response(as_bytes(made.text), {}, scanned,
                                        answer.head_only ? "HEAD" : "GET", made.head);
  CAF_REQUIRE(complete && *complete);
  made.body = made.text.substr(made.head.size);
  return made;
}

page page_for(errc code, std::string detail = {}, page_format format = page_format::html) {
  return page_for(error_answer{.why = fail(code, std::move(detail)), .format = format});
}

} // namespace

CAF_TEST(every code makes a well formed answer of its status) {
  for (const auto& entry : error_catalogue())
    for (auto format : {page_format::html, page_format::json}) {
      auto made = page_for(entry.code, {}, format);
      CAF_CHECK_EQUAL(made.head.status, entry.status != 0 ? entry.status : 502);
      CAF_CHECK(!made.head.reason.empty() && made.head.reason != "Error");
      CAF_CHECK_EQUAL(made.field("Content-Length"), std::to_string(made.body.size()));
      CAF_CHECK_EQUAL(made.field("Cache-Control"), "no-store");
      CAF_CHECK(made.has(public_code(entry.code)));
    }
}

CAF_TEST(a code of a newer peer is explained as well as can be) {
  auto made = page_for(static_cast<errc>(1999));
  CAF_CHECK_EQUAL(made.head.status, 500);
  CAF_CHECK(made.has("An unknown error"));
}

CAF_TEST(people get a page) {
  auto made = page_for(errc::no_such_endpoint, "host shop.example");
  CAF_CHECK_EQUAL(made.head.status, 404);
  CAF_CHECK_EQUAL(made.field("Content-Type"), "text/html; charset=utf-8");
  CAF_CHECK(made.has("<h1>No tunnel has this name</h1>"));
  CAF_CHECK(made.has("<p>Host shop.example</p>"));
  CAF_CHECK(made.has("<code>serverme http PORT</code>."));
  CAF_CHECK(made.has("prefers-color-scheme: dark"));
}

CAF_TEST(programs get JSON) {
  auto made = page_for(errc::too_busy, "shop", page_format::json);
  CAF_CHECK_EQUAL(made.field("Content-Type"), "application/json");
  CAF_CHECK_EQUAL(
    made.body, "{\"error\":{\"code\":\"SM-1012\",\"message\":\"too many requests at once for this "
               "tunnel: shop\",\"advice\":\"Try again in a moment.\"}}\n");
}

CAF_TEST(what a visitor sent is escaped) {
  const std::string evil = "<script>alert(\"1\")</script>&'\\\x01\x80";
  auto html = page_for(errc::no_such_endpoint, evil);
  CAF_CHECK(html.has("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\\??"));
  CAF_CHECK(!html.has("<script"));
  auto json = page_for(errc::no_such_endpoint, evil, page_format::json);
  CAF_CHECK(json.has("<script>alert(\\\"1\\\")</script>&'\\\\??\","));
}

CAF_TEST(what a visitor sent is cut) {
  auto made = page_for(errc::no_such_endpoint, std::string(100000, 'x'));
  CAF_CHECK(made.has("<p>X" + std::string(199, 'x') + "</p>"));
}

CAF_TEST(HEAD gets the same head and no body) {
  auto whole = page_for(errc::agent_away);
  auto head = page_for({.why = fail(errc::agent_away), .head_only = true});
  CAF_CHECK_EQUAL(head.text, whole.text.substr(0, whole.head.size));
}

CAF_TEST(the connection lasts as it is told to) {
  CAF_CHECK_EQUAL(page_for({.why = fail(errc::agent_away)}).field("Connection"), "close");
  CAF_CHECK_EQUAL(page_for({.why = fail(errc::agent_away), .keep_alive = true}).field("Connection"),
                  "keep-alive");
}

CAF_TEST(a password is asked for only where one helps) {
  CAF_CHECK(page_for(errc::visitor_unauthorized).field("WWW-Authenticate").starts_with("Basic "));
  CAF_CHECK_EQUAL(page_for(errc::key_invalid).field("WWW-Authenticate"), "");
  CAF_CHECK_EQUAL(page_for(errc::no_such_endpoint).field("WWW-Authenticate"), "");
}

CAF_TEST(who may try again is told when) {
  CAF_CHECK_EQUAL(page_for(errc::draining).field("Retry-After"), "5");
  CAF_CHECK_EQUAL(page_for(errc::agent_away).field("Retry-After"), "");
}

CAF_TEST(the format is what Accept prefers) {
  struct wish {
    const char* accept;
    page_format expected;
  };
  constexpr auto html = page_format::html, json = page_format::json;
  const wish wishes[]{
    {"", html},
    {"*/*", html},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", html},
    {"application/json", json},
    {"APPLICATION/JSON; charset=utf-8", json},
    {"application/json, text/plain, */*", json},
    {"application/vnd.api+json", json},
    {"application/*", json},
    {"text/*, application/*", html},
    {"application/json, text/html", html},
    {"application/json;q=0.9, text/html;q=0.8", json},
    {"application/json;q=0.8, text/html;q=0.9", html},
    {"application/json ; q=0.5 , */*;q=0.1", json},
    {"application/json;q=0", html},
    {"text/html;q=0, */*", json},
    {"text/html;q=0.3, text/*;q=0.9, application/json;q=0.5", json},
    {"image/png", html},
    {"application/json;q=nonsense", json},
    {"application/json;q=0.2;q=0.9, text/html;q=0.5", html},
    {",;,=;q", html},
  };
  for (const auto& [accept, expected] : wishes)
    CAF_CHECK_EQUAL(std::string{accept} + (page_format_for(accept) == json ? ": json" : ": html"),
                    std::string{accept} + (expected == json ? ": json" : ": html"));
}

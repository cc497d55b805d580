#include "protocol/error_page.hpp"

#include "protocol/http1/syntax.hpp"

#include <algorithm>

namespace serverme {

namespace {

// A detail may repeat what a visitor sent.
constexpr std::size_t detail_max = 200;
// What came from behind us without a status of its own.
constexpr int fallback_status = 502;
constexpr std::string_view retry_after = "5"; // seconds: an agent is back sooner

std::string_view reason(int status) noexcept {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

// Accept (RFC 9110, section 12.5.1).

/// How much a media range is wanted; `match` counts when the weights are equal.
struct preference {
  int weight = 0; // thousandths
  int match = 0;  // 1: */*, 2: application/*, 3: application/json

  friend auto operator<=>(const preference&, const preference&) = default;
};

/// "0.5" is 500. What is no weight counts as 1, as if it were not there.
int parse_weight(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || text[0] < '0' || text[0] > '1')
    return 1000;
  int weight = (text[0] - '0') * 1000;
  int unit = 100;
  for (auto c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9')
      return 1000;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return std::min(weight, 1000);
}

int weight_in(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    auto parameter = http1::take_element(parameters, ';');
    if (http1::same_name(parameter.substr(0, 2), "q="))
      return parse_weight(parameter.substr(2));
  }
  return 1000;
}

bool is_json(std::string_view range) noexcept {
  constexpr std::string_view suffix = "+json";
  return http1::same_name(range, "application/json")
         || (range.size() > suffix.size()
             && http1::same_name(range.substr(range.size() - suffix.size()), suffix));
}

bool is_html(std::string_view range) noexcept {
  return http1::same_name(range, "text/html") || http1::same_name(range, "application/xhtml+xml");
}

// The closest range decides: "text/html;q=0, */*" is no wish for HTML.
void consider(preference& current, int match, int weight) noexcept {
  if (match > current.match)
    current = {weight, match};
  else if (match == current.match)
    current.weight = std::max(current.weight, weight);
}

// The two forms of a body.

/// `text` as printable ASCII, each character as `escape` has it: a detail may hold anything.
template <class Escape>
void append_escaped(std::string& out, std::string_view text, Escape escape) {
  for (auto c : text) {
    auto is_printable = c >= ' ' && c < 0x7f;
    auto escaped = escape(c);
    if (!is_printable)
      out += '?';
    else if (!escaped.empty())
      out += escaped;
    else
      out += c;
  }
}

std::string_view html_escape(char c) noexcept {
  switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

std::string_view json_escape(char c) noexcept {
  switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    default: return {};
  }
}

void append_html(std::string& out, std::string_view text) {
  append_escaped(out, text, html_escape);
}

/// What stands between backquotes is for typing.
void append_advice(std::string& out, std::string_view advice) {
  for (bool is_code = false; !advice.empty(); is_code = !is_code) {
    auto part = advice.substr(0, advice.find('`'));
    advice.remove_prefix(std::min(part.size() + 1, advice.size()));
    out += is_code ? "<code>" : "";
    append_html(out, part);
    out += is_code ? "</code>" : "";
  }
}

std::string sentence(std::string_view text) {
  std::string out{text};
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

constexpr std::string_view page_top = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<style>
:root { color-scheme: light dark; --text: #1c2430; --quiet: #5b6675; --page: #f6f7f9; --code: #e6e9ee; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ee; --quiet: #97a3b3; --page: #14181f; --code: #262d38; }
}
body { margin: 0; padding: 15vh 1.5rem 2rem; background: var(--page); color: var(--text);
  font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 36rem; margin: auto; }
h1 { margin: 0 0 .5rem; font-size: 1.6rem; line-height: 1.3; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
small { color: var(--quiet); }
code { padding: .1em .35em; border-radius: .3em; background: var(--code); white-space: nowrap; }
</style>
)";

std::string html_page(const error_entry& entry, int status, std::string_view detail) {
  auto code = public_code(entry.code);
  auto title = sentence(entry.title);
  std::string page{page_top};
  page += "<title>";
  append_html(page, title);
  page += "</title>\n</head>\n<body>\n<main>\n<h1>";
  append_html(page, title);
  page += "</h1>\n";
  if (!detail.empty()) {
    page += "<p>";
    append_html(page, sentence(detail));
    page += "</p>\n";
  }
  page += "<p>";
  append_advice(page, entry.advice);
  page += "</p>\n<p><small>" + code + " &middot; " + std::to_string(status) + " "
          + std::string{reason(status)}
          + " &middot; ServerMe</small></p>\n</main>\n</body>\n</html>\n";
  return page;
}

std::string json_body(const error_entry& entry, std::string_view detail) {
  std::string body = R"({"error":{"code":")" + public_code(entry.code) + R"(","message":")";
  append_escaped(body, entry.title, json_escape);
  if (!detail.empty()) {
    body += ": ";
    append_escaped(body, detail, json_escape);
  }
  body += R"(","advice":")";
  append_escaped(body, entry.advice, json_escape);
  body += "\"}}\n";
  return body;
}

} // namespace

page_format page_format_for(std::string_view accept) noexcept {
  preference html, json;
  while (!accept.empty()) {
    auto parameters = http1::take_element(accept);
    auto range = http1::take_element(parameters, ';');
    auto weight = weight_in(parameters);
    if (range == "*/*") {
      consider(html, 1, weight);
      consider(json, 1, weight);
    } else if (http1::same_name(range, "text/*")) {
      consider(html, 2, weight);
    } else if (http1::same_name(range, "application/*")) {
      consider(json, 2, weight);
    } else if (is_html(range)) {
      consider(html, 3, weight);
    } else if (is_json(range)) {
      consider(json, 3, weight);
    }
  }
  return json.weight > 0 && json > html ? page_format::json : page_format::html;
}

void append_error_answer(byte_queue& out, const error_answer& answer) {
  const auto& entry = describe(answer.why.code);
  auto status = entry.status != 0 ? entry.status : fallback_status;
  auto detail = std::string_view{answer.why.detail}.substr(0, detail_max);
  auto is_json = answer.format == page_format::json;
  auto body = is_json ? json_body(entry, detail) : html_page(entry, status, detail);

  auto head = "HTTP/1.1 " + std::to_string(status) + " " + std::string{reason(status)} + "\r\n";
  head += is_json ? "Content-Type: application/json\r\n"
                  : "Content-Type: text/html; charset=utf-8\r\n"
                    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n";
  head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  if (entry.code == errc::visitor_unauthorized)
    head += "WWW-Authenticate: Basic realm=\"tunnel\", charset=\"UTF-8\"\r\n";
  if (status == 503)
    head += "Retry-After: " + std::string{retry_after} + "\r\n";
  head += answer.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  out.append(head);
  if (!answer.head_only)
    out.append(body);
}

} // namespace serverme

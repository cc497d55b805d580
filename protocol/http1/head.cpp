#include "protocol/http1/head.hpp"

#include "protocol/http1/syntax.hpp"

#include <algorithm>
#include <cstring>

namespace serverme::http1 {

namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::string_view lf = "\n";

failure refused(std::string_view why) { return fail(errc::bad_request, std::string{why}); }

/// Looks for the empty line, from `scanned` on.
/// @returns the size of the head, or 0 when its end has not come
/// @errors bad_request, head_too_large
result<std::size_t> find_end(std::string_view text, std::string_view line_end,
                             const head_limits& limits, std::size_t& scanned) {
  auto within = text.substr(0, limits.bytes_max);
  while (scanned < within.size()) {
    const auto* newline = static_cast<const char*>(
      std::memchr(within.data() + scanned, '\n', within.size() - scanned));
    if (newline == nullptr)
      break;
    auto line = within.substr(0, static_cast<std::size_t>(newline - within.data()) + 1);
    // Here and not later: who ends lines so sends no empty line that we would ever find.
    if (line.ends_with(crlf) != (line_end == crlf))
      return refused("line ends other than CR LF");
    scanned = line.size();
    line.remove_suffix(line_end.size());
    if (line.ends_with(line_end))
      return scanned;
  }
  scanned = within.size();
  if (text.size() >= limits.bytes_max)
    return fail(errc::head_too_large, "more than " + std::to_string(limits.bytes_max) + " bytes");
  return std::size_t{0};
}

/// Takes the first line off `rest`, without its end.
result<std::string_view> take_first_line(std::string_view& rest, std::string_view line_end) {
  auto line = rest.substr(0, text_length(rest));
  rest.remove_prefix(line.size());
  if (!rest.starts_with(line_end))
    return refused("a control character in the first line");
  rest.remove_prefix(line_end.size());
  return line;
}

/// @errors bad_request, head_too_large
result<done> take_fields(std::string_view rest, std::string_view line_end,
                         const head_limits& limits, std::vector<field>& fields) {
  fields.clear();
  while (rest != line_end) {
    if (fields.size() == limits.fields_max)
      return fail(errc::head_too_large,
                  "more than " + std::to_string(limits.fields_max) + " fields");
    if (auto outcome = take_field(rest, line_end, fields.emplace_back()); !outcome)
      return outcome;
  }
  return done{};
}

/// @errors bad_request, http_version_unsupported
result<version> parse_version(std::string_view text) {
  if (text == "HTTP/1.1")
    return version::http_1_1;
  if (text == "HTTP/1.0")
    return version::http_1_0;
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.'
      && is_digit(text[7]))
    return fail(errc::http_version_unsupported, std::string{text});
  return refused("no HTTP version in the first line");
}

/// What both kinds of heads say about the body and the connection.
struct message_facts {
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  std::size_t options = 0;
};

/// RFC 9110, section 8.6. A list of equal lengths may be read as one; nobody sends it in good
/// faith.
result<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty())
    return refused("an empty Content-Length");
  std::uint64_t length = 0;
  for (char c : text) {
    if (c < '0' || c > '9')
      return refused("a Content-Length that is no number");
    auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (length_max - digit) / 10)
      return refused("a Content-Length that is too large");
    length = length * 10 + digit;
  }
  return length;
}

result<done> read_options(std::string_view list, message_facts& facts) {
  while (!list.empty()) {
    auto option = take_element(list);
    if (++facts.options > connection_options_max)
      return refused("too many options in Connection");
    if (same_name(option, "close"))
      facts.close = true;
    else if (same_name(option, "keep-alive"))
      facts.keep_alive = true;
    else if (same_name(option, "upgrade"))
      facts.upgrade = true;
  }
  return done{};
}

/// RFC 9112, section 6: whatever could end a body in two places is refused.
result<message_facts> read_facts(const std::vector<field>& fields, version spoken) {
  message_facts facts;
  for (const auto& [name, value] : fields) {
    if (same_name(name, "content-length")) {
      if (facts.length)
        return refused("more than one Content-Length");
      auto length = parse_length(value);
      if (!length)
        return fail(length.error());
      facts.length = *length;
    } else if (same_name(name, "transfer-encoding")) {
      // Twice, or in HTTP/1.0: section 6.1. Other codings nobody uses, and some do not undo them.
      if (facts.chunked || !same_name(value, "chunked") || spoken == version::http_1_0)
        return refused("a Transfer-Encoding other than chunked, once, in HTTP/1.1");
      facts.chunked = true;
    } else if (same_name(name, "connection")) {
      if (auto outcome = read_options(value, facts); !outcome)
        return fail(outcome.error());
    }
  }
  // Section 6.3, rule 3, lets Transfer-Encoding win and calls it an attack. We call it one.
  if (facts.chunked && facts.length)
    return refused("both Content-Length and Transfer-Encoding");
  return facts;
}

/// RFC 9112, section 9.3.
bool stays_open(const message_facts& facts, version spoken) noexcept {
  return !facts.close && (spoken == version::http_1_1 || facts.keep_alive);
}

/// RFC 9112, section 3.
/// @returns whom an absolute target names; empty for other forms
result<std::string_view> parse_target(std::string_view method, std::string_view target) {
  if (method == "CONNECT")
    return refused("CONNECT is not served here");
  if (target.starts_with('/') || (target == "*" && method == "OPTIONS"))
    return std::string_view{};
  auto named = split_absolute(target).authority;
  if (!is_authority(named)) // user:password@ included: RFC 9110, section 4.2.4
    return refused("a target that is no path and no URL");
  return named;
}

/// @returns as parse_target
result<std::string_view> parse_request_line(std::string_view line, request_head& head) {
  auto first = line.find(' ');
  auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return refused("the first line is not METHOD TARGET VERSION");
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  if (head.method.empty() || token_length(head.method) != head.method.size())
    return refused("a method that is no token");
  if (head.target.find_first_of(" \t") != std::string_view::npos)
    return refused("white space in the target");
  auto spoken = parse_version(line.substr(last + 1));
  if (!spoken)
    return fail(spoken.error());
  head.version = *spoken;
  return parse_target(head.method, head.target);
}

/// RFC 9112, section 3.2. `named` by an absolute target counts more.
result<std::string_view> choose_host(const request_head& head, std::string_view named) {
  const field* host = nullptr;
  for (const auto& field : head.fields) {
    if (!same_name(field.name, "host"))
      continue;
    if (host != nullptr)
      return refused("more than one Host");
    host = &field;
  }
  // HTTP/1.0 may leave it out; then only an absolute target tells us where to go.
  if (host == nullptr && (named.empty() || head.version == version::http_1_1))
    return fail(errc::host_missing);
  if (host != nullptr && !host->value.empty() && !is_authority(host->value))
    return refused("a Host that is no host");
  auto chosen = named.empty() ? host->value : named;
  if (chosen.empty())
    return fail(errc::host_missing);
  return chosen;
}

result<done> read_request(request_head& head, std::string_view named) {
  auto facts = read_facts(head.fields, head.version);
  if (!facts)
    return fail(facts.error());
  auto host = choose_host(head, named);
  if (!host)
    return fail(host.error());
  head.host = *host;
  head.body = facts->chunked ? framing::chunked : facts->length ? framing::length : framing::none;
  head.content_length = facts->length.value_or(0);
  head.keep_alive = stays_open(*facts, head.version);
  head.expects_continue = false;
  head.upgrade = {};
  // An HTTP/1.0 request can ask for neither (RFC 9110, sections 7.8 and 10.1.1).
  if (head.version == version::http_1_0)
    return done{};
  if (const auto* expect = find(head.fields, "expect"))
    head.expects_continue = same_name(expect->value, "100-continue");
  if (const auto* upgrade = find(head.fields, "upgrade"); upgrade != nullptr && facts->upgrade)
    head.upgrade = upgrade->value;
  return done{};
}

/// @errors bad_request
result<done> parse_status_line(std::string_view line, response_head& head) {
  auto spoken = parse_version(line.substr(0, 8));
  if (!spoken)
    return refused("an HTTP version other than 1.0 and 1.1");
  head.version = *spoken;
  auto code = line.substr(std::min<std::size_t>(8, line.size()), 4);
  if (code.size() != 4 || code[0] != ' ' || code[1] < '1' || code[1] > '9' || code[2] < '0'
      || code[2] > '9' || code[3] < '0' || code[3] > '9')
    return refused("no status in the first line");
  head.status = (code[1] - '0') * 100 + (code[2] - '0') * 10 + (code[3] - '0');
  head.reason = line.substr(12);
  // Many servers leave out the reason, and then the blank before it too.
  if (!head.reason.empty() && head.reason[0] != ' ')
    return refused("a status of more than three digits");
  head.reason.remove_prefix(std::min<std::size_t>(1, head.reason.size()));
  return done{};
}

/// RFC 9112, section 6.3.
framing answer_framing(int status, std::string_view method, const message_facts& facts) noexcept {
  if (method == "HEAD" || status < 200 || status == 204 || status == 304)
    return framing::none;
  if (facts.chunked)
    return framing::chunked;
  return facts.length ? framing::length : framing::until_close;
}

/// As parse_response, with the codes of requests.
result<bool> parse_answer(std::string_view text, const head_limits& limits, std::size_t& scanned,
                          std::string_view method, response_head& head) {
  constexpr std::string_view beginning = "HTTP/1.";
  // At once: a program that speaks another protocol may wait for us after its first line.
  if (!text.starts_with(beginning.substr(0, text.size())))
    return refused("it does not begin with HTTP/1.");
  auto first_end = text.find('\n');
  auto line_end = first_end != std::string_view::npos && text[first_end - 1] != '\r' ? lf : crlf;
  auto size = find_end(text, line_end, limits, scanned);
  if (!size)
    return fail(size.error());
  if (*size == 0)
    return false;
  auto rest = text.substr(0, *size);
  auto line = take_first_line(rest, line_end);
  if (!line)
    return fail(line.error());
  if (auto outcome = parse_status_line(*line, head); !outcome)
    return fail(outcome.error());
  if (auto outcome = take_fields(rest, line_end, limits, head.fields); !outcome)
    return fail(outcome.error());
  auto facts = read_facts(head.fields, head.version);
  if (!facts)
    return fail(facts.error());
  head.size = *size;
  head.body = answer_framing(head.status, method, *facts);
  head.content_length = facts->length.value_or(0);
  head.keep_alive
    = stays_open(*facts, head.version) && head.body != framing::until_close && line_end == crlf;
  return true;
}

} // namespace

result<bool> parse_request(bytes_view bytes, const head_limits& limits, std::size_t& scanned,
                           request_head& head) {
  auto text = as_text(bytes);
  // At once: TLS on a plain port, and other protocols, may never send a line.
  if (!text.empty() && text[0] != '\r' && token_length(text.substr(0, 1)) == 0)
    return refused("it does not begin with a method");
  auto size = find_end(text, crlf, limits, scanned);
  if (!size)
    return fail(size.error());
  if (*size == 0)
    return false;
  auto rest = text.substr(0, *size);
  // Section 2.2: some clients end a body with an empty line of their own.
  if (rest.starts_with(crlf))
    rest.remove_prefix(crlf.size());
  auto line = take_first_line(rest, crlf);
  if (!line)
    return fail(line.error());
  auto named = parse_request_line(*line, head);
  if (!named)
    return fail(named.error());
  if (auto outcome = take_fields(rest, crlf, limits, head.fields); !outcome)
    return fail(outcome.error());
  if (auto outcome = read_request(head, *named); !outcome)
    return fail(outcome.error());
  head.size = *size;
  return true;
}

// Line ends: a head whose lines all end with LF alone is accepted (scripts that answer with
// `printf | nc` are served by every tunnel), one that mixes both is not: there a value may have
// been written by a visitor.
result<bool> parse_response(bytes_view bytes, const head_limits& limits, std::size_t& scanned,
                            std::string_view method, response_head& head) {
  auto complete = parse_answer(as_text(bytes), limits, scanned, method, head);
  if (!complete)
    return fail(errc::local_bad_response, complete.error().detail);
  return complete;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return x == y || lower(x) == lower(y);
         });
}

const field* find(const std::vector<field>& fields, std::string_view name) noexcept {
  auto found = std::find_if(fields.begin(), fields.end(),
                            [&](const field& field) { return same_name(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

} // namespace serverme::http1

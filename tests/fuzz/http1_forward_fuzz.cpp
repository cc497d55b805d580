// A request that was understood is understood in the same way by the next who parses what we send;
// so is an answer.
#include "protocol/http1/forward.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>

using namespace serverme;
using namespace serverme::http1;

namespace {

std::size_t count(const std::vector<field>& fields, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
    fields, [name](const field& field) { return same_name(field.name, name); }));
}

// Ours are longer than what they replace.
constexpr head_limits received{.bytes_max = 4096, .fields_max = 50};
constexpr head_limits sent{.bytes_max = 64 * 1024, .fields_max = 60};

/// A target in absolute form names the same thing as its path does at its host.
bool same_target(std::string_view before, std::string_view after) {
  return before == after || before.ends_with(after) || after == "*" || after == "/"
         || before.ends_with(after.substr(1));
}

void check_request(bytes_view input) {
  request_head head;
  std::size_t scanned = 0;
  auto complete = parse_request(input, received, scanned, head);
  if (!complete || !*complete)
    return;
  byte_queue out;
  append_request(out, head, {.visitor_address = "2001:db8::1", .scheme = "https"});

  request_head again;
  scanned = 0;
  auto reread = parse_request(out.view(), sent, scanned, again);
  require(reread && *reread && again.size == out.size());
  require(again.method == head.method && same_target(head.target, again.target));
  require(again.host == head.host);
  require(again.body == head.body && again.content_length == head.content_length);
  require(again.upgrade == head.upgrade);
  require(again.version == version::http_1_1 && again.keep_alive);
  for (auto name :
       {"Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"})
    require(count(again.fields, name) == 1);
  require(count(again.fields, "X-Real-IP") == 0 && count(again.fields, "Proxy-Connection") == 0);
}

void check_response(bytes_view input, const answer_rules& rules) {
  response_head head;
  std::size_t scanned = 0;
  auto complete = parse_response(input, received, scanned, "GET", head);
  if (!complete || !*complete)
    return;
  byte_queue out;
  append_response(out, head, rules);

  response_head again;
  scanned = 0;
  auto reread = parse_response(out.view(), sent, scanned, "GET", again);
  require(reread && *reread && again.size == out.size());
  require(again.status == head.status && again.reason == head.reason);
  auto loses_chunks = rules.visitor_version == version::http_1_0 && head.body == framing::chunked;
  require(again.body == (loses_chunks ? framing::until_close : head.body));
  require(head.body != framing::length || again.content_length == head.content_length);
  require(count(again.fields, "Connection") <= 1 && count(again.fields, "Keep-Alive") == 0);
}

} // namespace

/// The first byte chooses what the rest is, and for whom.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  const bytes_view input{reinterpret_cast<const std::byte*>(bytes) + 1, size - 1};
  const auto choice = bytes[0];
  if ((choice & 1U) == 0)
    check_request(input);
  else
    check_response(input,
                   {.visitor_version = (choice & 2U) != 0 ? version::http_1_0 : version::http_1_1,
                    .keep_alive = (choice & 4U) != 0,
                    .upgraded = (choice & 8U) != 0});
  return 0;
}

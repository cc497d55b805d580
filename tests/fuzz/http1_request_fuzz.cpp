// Request heads: what is understood lies within the input and reads the same in two pieces.
#include "protocol/http1/head.hpp"
#include "tests/fuzz/require.hpp"

using namespace serverme;
using namespace serverme::http1;

namespace {

void require_inside(std::string_view part, std::string_view whole) {
  require(
    part.empty()
    || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
}

void check(const request_head& head, std::string_view whole, const head_limits& limits) {
  require(head.size <= whole.size() && head.size <= limits.bytes_max);
  require(head.fields.size() <= limits.fields_max);
  require(!head.host.empty() && !head.method.empty() && !head.target.empty());
  for (auto part : {head.method, head.target, head.host, head.upgrade})
    require_inside(part, whole);
  for (const auto& [name, value] : head.fields) {
    require(!name.empty());
    require_inside(name, whole);
    require_inside(value, whole);
    require(value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
  }
  require(head.body != framing::until_close);
  require(head.body == framing::length || head.content_length == 0);
}

} // namespace

/// The first byte says where the rest is cut in two.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  const bytes_view input{reinterpret_cast<const std::byte*>(bytes) + 1, size - 1};
  const head_limits limits{.bytes_max = 2048, .fields_max = 20};
  request_head whole;
  std::size_t scanned = 0;
  auto at_once = parse_request(input, limits, scanned, whole);
  require(scanned <= input.size());
  if (at_once && *at_once)
    check(whole, as_text(input), limits);

  request_head pieced;
  scanned = 0;
  auto cut = input.size() * bytes[0] / 255;
  auto first = parse_request(input.first(cut), limits, scanned, pieced);
  auto outcome = first && !*first ? parse_request(input, limits, scanned, pieced) : first;
  require(outcome == at_once);
  require(!outcome || !*outcome || pieced.size == whole.size);
  return 0;
}

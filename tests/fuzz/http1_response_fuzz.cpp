// Response heads: what is understood lies within the input and reads the same in two pieces.
#include "protocol/http1/head.hpp"
#include "tests/fuzz/require.hpp"

using namespace serverme;
using namespace serverme::http1;

namespace {

void check(const response_head& head, std::string_view whole, const head_limits& limits) {
  require(head.size <= whole.size() && head.size <= limits.bytes_max);
  require(head.fields.size() <= limits.fields_max);
  require(head.status >= 100 && head.status <= 999);
  require(head.reason.find_first_of("\r\n") == std::string_view::npos);
  for (const auto& [name, value] : head.fields) {
    require(!name.empty() && name.data() >= whole.data());
    require(value.data() + value.size() <= whole.data() + head.size);
    require(value.find_first_of("\r\n") == std::string_view::npos);
  }
  require(head.body != framing::until_close || !head.keep_alive);
}

} // namespace

/// The first byte says where the rest is cut in two, and with its lowest bit what was asked.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  const bytes_view input{reinterpret_cast<const std::byte*>(bytes) + 1, size - 1};
  const std::string_view method = bytes[0] % 2 == 0 ? "GET" : "HEAD";
  const head_limits limits{.bytes_max = 2048, .fields_max = 20};
  response_head whole;
  std::size_t scanned = 0;
  auto at_once = parse_response(input, limits, scanned, method, whole);
  require(scanned <= input.size());
  if (at_once && *at_once)
    check(whole, as_text(input), limits);

  response_head pieced;
  scanned = 0;
  auto cut = input.size() * bytes[0] / 255;
  auto first = parse_response(input.first(cut), limits, scanned, method, pieced);
  auto outcome = first && !*first ? parse_response(input, limits, scanned, method, pieced) : first;
  require(outcome == at_once);
  require(!outcome || !*outcome || pieced.size == whole.size);
  return 0;
}

// Bodies: the same content and the same end, at once and in pieces.
#include "protocol/http1/body.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>

using namespace serverme;
using namespace serverme::http1;

namespace {

struct reading {
  std::string content;
  std::size_t taken = 0;
  bool broken = false;
  bool ended = false;
  std::string trailers;

  friend bool operator==(const reading&, const reading&) = default;
};

/// Feeds `input` in pieces of `step` bytes.
reading read(body_reader body, bytes_view input, std::size_t step) {
  reading seen;
  while (!seen.broken && !body.ended() && seen.taken < input.size()) {
    auto given = input.subspan(seen.taken, std::min(step, input.size() - seen.taken));
    auto piece = body.next(given);
    if (!piece) {
      seen.broken = true;
      require(!body.may_end_here() && !body.next(input));
      break;
    }
    require(piece->taken > 0 && piece->taken <= given.size());
    require(piece->content.size() <= piece->taken);
    seen.content += as_text(piece->content);
    seen.taken += piece->taken;
  }
  // How much of a broken body was taken depends on the pieces; what it held does not.
  if (seen.broken)
    seen.taken = 0;
  seen.ended = body.ended();
  seen.trailers = seen.ended ? body.trailers() : std::string_view{};
  return seen;
}

} // namespace

/// The first byte chooses the framing and the size of the pieces, the second is the length.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2)
    return 0;
  const bytes_view input{reinterpret_cast<const std::byte*>(bytes) + 2, size - 2};
  const body_reader body{static_cast<framing>(bytes[0] % 4), bytes[1]};
  const std::size_t step = bytes[0] / 4 + 1;
  auto at_once = read(body, input, input.size());
  auto pieced = read(body, input, step);
  // A broken piece gives no content at all, so the longer one may hold less.
  if (at_once.broken) {
    require(pieced.broken && pieced.content.starts_with(at_once.content));
    return 0;
  }
  require(at_once == pieced);
  return 0;
}

// Bytes of another node: what passes to CAF is whole messages of at most the size that may be,
// after the handshake that must be, and it is the same however the bytes were cut.
#include "protocol/big_endian.hpp"
#include "protocol/cluster/basp_gate.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>

using namespace serverme;

namespace {

constexpr std::size_t message_max = 256;

const basp_node peer = basp_node_of({cluster_id{1}, node_id{2, 3}, {node_role::edge}}, 4);
const basp_node self = basp_node_of({cluster_id{1}, node_id{5, 6}, {node_role::edge}}, 7);

basp_gate fresh() { return {basp_side::dialing, peer, self, {.message_bytes_max = message_max}}; }

void check_messages(bytes_view passed) {
  bool first = true;
  while (passed.size() >= basp_header_bytes) {
    auto what = std::to_integer<int>(passed[0]);
    std::size_t size = read_big_endian<std::uint32_t>(passed.subspan(4));
    require((what == 1 || !first) && what != 0 && what != 3 && what <= 6);
    require(what == 1 || size <= message_max);
    passed = passed.subspan(std::min(basp_header_bytes + size, passed.size()));
    first = false;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bytes_view all{reinterpret_cast<const std::byte*>(data), size};
  byte_queue at_once, in_pieces;
  auto gate = fresh();
  auto outcome = gate.feed(all, at_once);
  check_messages(at_once.view());
  auto other = fresh();
  auto same = true;
  for (std::size_t at = 0; at < size && same; ++at)
    same = other.feed(all.subspan(at, 1), in_pieces).has_value();
  require(same == outcome.has_value() && at_once.text() == in_pieces.text());
  require(gate.is_open() == other.is_open() && gate.left_out() == other.left_out());
  return 0;
}

// Each message that a peer of a lane can send: what can be read can be written and read again.
//
// The first byte says which message; the rest is its payload.
#include "protocol/lane/edge_greeting.hpp"
#include "protocol/lane/messages.hpp"
#include "tests/fuzz/require.hpp"

using namespace serverme;

namespace {

template <class Message>
void round_trip(bytes_view payload, result<Message> (*parse)(bytes_view)) {
  auto first = parse(payload);
  if (!first)
    return;
  byte_queue out;
  append_to(out, *first);
  auto second = parse(out.view());
  require(second.has_value());
  byte_queue again;
  append_to(again, *second);
  require(out.text() == again.text());
}

result<lane::open> parse_open(bytes_view payload) {
  auto parts = lane::parse_open(payload);
  if (!parts)
    return fail(parts.error());
  return parts->message;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  bytes_view payload{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
  switch (data[0] % 10) {
    case 0: round_trip(payload, lane::parse_hello); break;
    case 1: round_trip(payload, lane::parse_welcome); break;
    case 2: round_trip(payload, lane::parse_bind); break;
    case 3: round_trip(payload, lane::parse_bound); break;
    case 4: round_trip(payload, lane::parse_unbind); break;
    case 5: round_trip(payload, lane::parse_goaway); break;
    case 6: round_trip(payload, lane::parse_edges); break;
    case 7: round_trip(payload, lane::parse_edge_hello); break;
    case 8: round_trip(payload, lane::parse_edge_welcome); break;
    default: round_trip(payload, parse_open); break;
  }
  return 0;
}

// The unit that both ends of a lane exchange. docs/lane-protocol.md is the specification.
//
//   0      1       2               4                               8
//   +------+-------+---------------+-------------------------------+----------
//   | type | flags | length (u16)  | stream (u32)                  | payload
//   +------+-------+---------------+-------------------------------+----------
//
// Integers are big-endian. A frame of a type that the reader does not know is skipped.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/result.hpp"

namespace serverme::lane {

/// 0 is the lane itself; the edge opens even numbers from 2 upwards, each once.
using stream_id = std::uint32_t;

enum class frame_type : std::uint8_t {
  hello = 1,   // both ways, first on every lane: who, which version, which session
  open = 2,    // edge to agent: a new stream, with the visitor's first bytes
  data = 3,    // both ways: bytes of a stream
  window = 4,  // both ways: u32 more bytes may be sent on a stream
  rst = 5,     // both ways: u16 errc; the stream is over in both directions
  goaway = 6,  // both ways: no new streams here; why, and where to go instead
  ping = 7,    // both ways: 8 bytes that come back with flag_ack
  bind = 8,    // agent to edge: please serve this endpoint
  bound = 9,   // edge to agent: it is served, under this id and these URLs; or why not
  unbind = 10, // both ways: the endpoint is no longer served
  edges = 11,  // edge to agent: the other edges there are now
};

/// On open and data: the sender will send no more bytes on this stream.
inline constexpr std::uint8_t flag_fin = 0x01;
/// On ping: this is the answer.
inline constexpr std::uint8_t flag_ack = 0x02;

inline constexpr std::size_t header_bytes = 8;
/// Header and payload together fill one TLS record (RFC 8446, section 5.1: 2^14 bytes).
inline constexpr std::size_t payload_bytes_max = 16UL * 1024 - header_bytes;

struct frame_header {
  frame_type type{};
  std::uint8_t flags = 0;
  std::uint16_t length = 0;
  stream_id stream = 0;

  friend bool operator==(const frame_header&, const frame_header&) = default;
};

/// @pre bytes.size() >= header_bytes
/// @errors frame_too_large
result<frame_header> read_header(bytes_view bytes);

/// @pre header.length <= payload_bytes_max
void append_header(byte_queue& out, const frame_header& header);

} // namespace serverme::lane

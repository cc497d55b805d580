// How two edges begin a lane between them: which event loop is meant, and which there are.
//
// After TLS, whose certificates say who both are. Who dialed says edge_hello, in a frame HELLO, and
// nothing else until the answer: edge_welcome in a frame HELLO, or GOAWAY. docs/lane-protocol.md,
// section 12.
#pragma once

#include "protocol/lane/frame.hpp"

#include <optional>
#include <string>

namespace serverme::lane {

struct edge_hello {
  std::uint16_t version_min = 1;
  std::uint16_t version_max = 1;
  /// For which of the other's event loops this lane is; beyond their number it counts on from the
  /// first.
  std::uint16_t loop = 0;
  /// For people.
  std::string node;
  /// How many bytes the other may send on a new stream before the first WINDOW.
  std::uint32_t window = 0;

  friend bool operator==(const edge_hello&, const edge_hello&) = default;
};

struct edge_welcome {
  std::uint16_t version = 0;
  /// A session is where its number modulo this says.
  std::uint16_t loops = 1;
  std::string node;
  std::uint32_t window = 0;

  friend bool operator==(const edge_welcome&, const edge_welcome&) = default;
};

void append_to(byte_queue& out, const edge_hello& x);
void append_to(byte_queue& out, const edge_welcome& x);

/// Each @errors protocol_violation
result<edge_hello> parse_edge_hello(bytes_view payload);
result<edge_welcome> parse_edge_welcome(bytes_view payload);

/// All that has come so far of a side that may say HELLO and nothing more.
/// @returns nothing when more bytes are needed
/// @errors protocol_violation, frame_too_large
result<std::optional<edge_hello>> read_edge_hello(bytes_view received);

} // namespace serverme::lane

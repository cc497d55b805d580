// Frames of a WebSocket (RFC 6455, section 5.2) as a load and its echo need them: each message is
// one frame of at most 64 KiB.
#pragma once

#include "protocol/bytes.hpp"

#include <array>
#include <cstddef>
#include <optional>

namespace serverme::load {

constexpr std::size_t websocket_payload_max = 65535;

using websocket_mask = std::array<std::byte, 4>;

struct websocket_frame {
  bool is_message = false; // text or binary; else about the connection
  std::optional<websocket_mask> mask;
  bytes_view payload; // as it came, masked or not
  std::size_t size = 0;
};

/// The frame at the front of `bytes`, which the payload points into; empty when more is needed.
std::optional<websocket_frame> parse_frame(bytes_view bytes) noexcept;

/// A client's frame has a mask, a server's has none.
void append_message(byte_queue& out, bytes_view payload, const websocket_mask* mask = nullptr);

/// `payload` after `mask` was put on, or taken off.
void append_masked(byte_queue& out, bytes_view payload, const websocket_mask& mask);

} // namespace serverme::load

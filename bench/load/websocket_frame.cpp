#include "bench/load/websocket_frame.hpp"

#include "protocol/big_endian.hpp"

#include <algorithm>

namespace serverme::load {

namespace {

constexpr std::byte last_and_binary{0x82};
constexpr std::byte opcode_bits{0x0f};
constexpr std::byte masked_bit{0x80};
constexpr std::byte size_bits{0x7f};
constexpr std::size_t size_follows = 126;

} // namespace

std::optional<websocket_frame> parse_frame(bytes_view bytes) noexcept {
  if (bytes.size() < 2)
    return {};
  websocket_frame found;
  auto opcode = std::to_integer<int>(bytes[0] & opcode_bits);
  auto has_mask = (bytes[1] & masked_bit) != std::byte{0};
  auto payload = std::to_integer<std::size_t>(bytes[1] & size_bits);
  found.is_message = (opcode == 1 || opcode == 2) && payload <= size_follows;
  auto head = std::size_t{2};
  if (payload >= size_follows) {
    head += 2;
    if (bytes.size() < head)
      return {};
    payload = read_big_endian<std::uint16_t>(bytes.subspan(2));
  }
  auto mask_at = head;
  if (has_mask)
    head += websocket_mask{}.size();
  found.size = head + payload;
  if (bytes.size() < found.size)
    return {};
  if (has_mask)
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(mask_at), websocket_mask{}.size(),
                found.mask.emplace().begin());
  found.payload = bytes.subspan(head, payload);
  return found;
}

void append_masked(byte_queue& out, bytes_view payload, const websocket_mask& mask) {
  std::array<std::byte, 1024> piece; // a multiple of the mask
  while (!payload.empty()) {
    auto size = std::min(payload.size(), piece.size());
    for (std::size_t i = 0; i < size; ++i)
      piece[i] = payload[i] ^ mask[i % mask.size()];
    out.append(bytes_view{piece}.first(size));
    payload = payload.subspan(size);
  }
}

void append_message(byte_queue& out, bytes_view payload, const websocket_mask* mask) {
  auto size = payload.size();
  auto masked = mask ? masked_bit : std::byte{0};
  std::array<std::byte, 2> head{last_and_binary, masked};
  if (size < size_follows) {
    head[1] |= static_cast<std::byte>(size);
    out.append(head);
  } else {
    head[1] |= static_cast<std::byte>(size_follows);
    out.append(head);
    out.append(big_endian(static_cast<std::uint16_t>(size)));
  }
  if (!mask)
    return out.append(payload);
  out.append(*mask);
  append_masked(out, payload, *mask);
}

} // namespace serverme::load

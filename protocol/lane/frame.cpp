#include "protocol/lane/frame.hpp"

namespace serverme::lane {

namespace {

std::uint32_t byte_at(bytes_view bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]);
}

} // namespace

result<frame_header> read_header(bytes_view bytes) {
  frame_header out;
  out.type = static_cast<frame_type>(bytes[0]);
  out.flags = static_cast<std::uint8_t>(bytes[1]);
  out.length = static_cast<std::uint16_t>((byte_at(bytes, 2) << 8) | byte_at(bytes, 3));
  out.stream = (byte_at(bytes, 4) << 24) | (byte_at(bytes, 5) << 16) | (byte_at(bytes, 6) << 8)
               | byte_at(bytes, 7);
  if (out.length > payload_bytes_max)
    return fail(errc::frame_too_large, std::to_string(out.length) + " bytes of payload");
  return out;
}

void append_header(byte_queue& out, const frame_header& header) {
  const std::byte bytes[header_bytes] = {
    std::byte{static_cast<std::uint8_t>(header.type)},
    std::byte{header.flags},
    std::byte{static_cast<std::uint8_t>(header.length >> 8)},
    std::byte{static_cast<std::uint8_t>(header.length & 0xff)},
    std::byte{static_cast<std::uint8_t>(header.stream >> 24)},
    std::byte{static_cast<std::uint8_t>((header.stream >> 16) & 0xff)},
    std::byte{static_cast<std::uint8_t>((header.stream >> 8) & 0xff)},
    std::byte{static_cast<std::uint8_t>(header.stream & 0xff)},
  };
  out.append(bytes_view{bytes});
}

} // namespace serverme::lane

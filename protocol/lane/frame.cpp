#include "protocol/lane/frame.hpp"

#include "protocol/big_endian.hpp"

#include <algorithm>
#include <array>

namespace serverme::lane {

result<frame_header> read_header(bytes_view bytes) {
  frame_header out;
  out.type = static_cast<frame_type>(bytes[0]);
  out.flags = static_cast<std::uint8_t>(bytes[1]);
  out.length = read_big_endian<std::uint16_t>(bytes.subspan(2));
  out.stream = read_big_endian<std::uint32_t>(bytes.subspan(4));
  if (out.length > payload_bytes_max)
    return fail(errc::frame_too_large, std::to_string(out.length) + " bytes of payload");
  return out;
}

void append_header(byte_queue& out, const frame_header& header) {
  std::array<std::byte, header_bytes> bytes{static_cast<std::byte>(header.type),
                                            std::byte{header.flags}};
  std::ranges::copy(big_endian(header.length), bytes.begin() + 2);
  std::ranges::copy(big_endian(header.stream), bytes.begin() + 4);
  out.append(bytes_view{bytes});
}

} // namespace serverme::lane

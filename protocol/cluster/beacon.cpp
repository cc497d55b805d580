#include "protocol/cluster/beacon.hpp"

#include "protocol/big_endian.hpp"

namespace serverme {

namespace {

constexpr std::string_view magic{"SMNB\1", 5};
constexpr std::size_t fixed_bytes = magic.size() + 8 + 2;

void append_text(byte_queue& out, const std::string& text) {
  out.append(big_endian(static_cast<std::uint16_t>(text.size())));
  out.append(text);
}

bool take_text(bytes_view& rest, std::string& into) {
  if (rest.size() < 2)
    return false;
  std::size_t size = read_big_endian<std::uint16_t>(rest);
  rest = rest.subspan(2);
  if (rest.size() < size)
    return false;
  into = as_text(rest.first(size));
  rest = rest.subspan(size);
  return true;
}

} // namespace

void append_signed_part(byte_queue& out, const beacon& what) {
  out.append(magic);
  out.append(big_endian(what.cluster.value));
  out.append(big_endian(what.port));
  append_text(out, what.certificate);
}

void append(byte_queue& out, const beacon& what) {
  append_signed_part(out, what);
  append_text(out, what.signature);
}

result<beacon_parts> parse_beacon(bytes_view datagram) {
  if (datagram.size() > beacon::bytes_max || !as_text(datagram).starts_with(magic)
      || datagram.size() < fixed_bytes)
    return fail(errc::protocol_violation, "no beacon of a node");
  beacon_parts out;
  auto rest = datagram.subspan(magic.size());
  out.what.cluster.value = read_big_endian<std::uint64_t>(rest);
  out.what.port = read_big_endian<std::uint16_t>(rest.subspan(8));
  rest = rest.subspan(8 + 2);
  auto is_whole = take_text(rest, out.what.certificate);
  out.signed_part = datagram.first(datagram.size() - rest.size());
  if (!is_whole || !take_text(rest, out.what.signature) || !rest.empty() || out.what.port == 0)
    return fail(errc::protocol_violation, "a beacon that is cut short");
  return out;
}

} // namespace serverme

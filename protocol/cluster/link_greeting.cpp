#include "protocol/cluster/link_greeting.hpp"

#include "protocol/big_endian.hpp"

namespace serverme {

namespace {

constexpr std::string_view magic = "SMNL";
constexpr std::size_t version_at = 4, verdict_at = 6, run_at = 7, nanoseconds_at = 11;
constexpr std::string_view reserved{"\0", 1};

} // namespace

void append(byte_queue& out, const link_greeting& greeting) {
  out.append(magic);
  out.append(big_endian(greeting.version));
  out.append(big_endian(static_cast<std::uint8_t>(greeting.says)));
  out.append(big_endian(greeting.began.run));
  out.append(big_endian(greeting.began.nanoseconds));
  out.append(reserved);
}

result<link_greeting> read_link_greeting(bytes_view from) {
  if (!as_text(from).starts_with(magic))
    return fail(errc::protocol_violation, "not the greeting of a node");
  link_greeting out{static_cast<link_greeting::verdict>(from[verdict_at]),
                    read_big_endian<std::uint16_t>(from.subspan(version_at)),
                    {read_big_endian<run_number>(from.subspan(run_at)),
                     read_big_endian<std::uint32_t>(from.subspan(nanoseconds_at))}};
  if (out.version == 0)
    return fail(errc::version_unsupported, "version 0 of the link between nodes");
  return out;
}

} // namespace serverme

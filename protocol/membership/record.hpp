// The bytes of a record. docs/membership.md has the fields.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/membership/member.hpp"
#include "protocol/result.hpp"

namespace serverme::membership {

/// So that any record fits into any message.
inline constexpr std::size_t record_bytes_max = 1024;
inline constexpr std::size_t name_bytes_max = 64;
inline constexpr std::size_t address_bytes_max = 255;
inline constexpr std::size_t public_addresses_max = 4;
/// Fields of later versions beyond this are not carried on.
inline constexpr std::size_t unknown_bytes_max = 256;

/// May these facts be told?
/// @errors gossip_malformed: a text is too long or has control characters, or all is too much
result<done> check(const facts& about);

void append_to(byte_queue& out, const record& x);

/// Nothing when the state is one of a later version: the record is to be skipped.
/// @errors gossip_malformed
result<std::optional<record>> parse_record(bytes_view bytes);

} // namespace serverme::membership

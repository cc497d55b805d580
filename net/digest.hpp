// SHA-256 and random bits: what secrets are recognised by and made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace serverme::net {

/// 32 bytes.
std::string sha256(std::string_view text);

/// 64 bits from the system's cryptographic source.
std::uint64_t random_bits();

} // namespace serverme::net

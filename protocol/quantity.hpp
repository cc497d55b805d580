// Times and sizes as people write them: "30s", "250ms", "64KiB".
#pragma once

#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace serverme {

/// A whole number and ms, s, m, h or d; "0" needs no unit. At most ten years.
/// @errors config_invalid
result<milliseconds> parse_duration(std::string_view text);

/// A whole number and nothing, B, KiB, MiB or GiB. At most a tebibyte.
/// @errors config_invalid
result<std::size_t> parse_byte_count(std::string_view text);

/// "1.2 KiB", "48 B": at most one decimal.
std::string byte_count_text(std::uint64_t bytes);

/// "0.4 ms", "12 ms", "3.1 s".
std::string duration_text(microseconds time);

} // namespace serverme

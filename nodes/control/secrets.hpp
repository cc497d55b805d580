// Randomness and digests: what API keys are made of and recognised by.
#pragma once

#include "net/digest.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace serverme::control {

using net::sha256;
/// Lower case.
std::string to_hex(std::string_view bytes);
/// Nothing when it is not what to_hex() writes.
std::optional<std::string> from_hex(std::string_view text);
/// From a cryptographic source.
std::string random_bytes(std::size_t count);
/// Letters and digits from a cryptographic source, each equally likely.
std::string random_text(std::size_t length);

/// A key as its owner sees it once, and what is kept of it.
struct api_key {
  std::string text;
  std::string hash;
  /// Tells it from others in a list.
  std::string shown_prefix;
};

/// "sm_live_" and 40 letters and digits: 238 bits.
api_key make_api_key();

} // namespace serverme::control

// Bytes as text that survives being copied, in a URL or a shell: RFC 4648, section 5, unpadded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace serverme {

/// A-Z a-z 0-9 '-' '_'.
std::string to_base64url(std::string_view bytes);
/// Nothing when it is not exactly what to_base64url() writes: each text has one spelling.
std::optional<std::string> from_base64url(std::string_view text);

} // namespace serverme

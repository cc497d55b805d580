// Secrets that must be read again, as the database holds them: AES-256-GCM (NIST SP 800-38D).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace serverme::control {

inline constexpr std::size_t sealing_key_bytes = 32;

/// Version 1 (one byte), nonce (12, random), what is sealed, tag (16). `what_for` is not in it, but
/// must be the same to open it: what was sealed for one purpose cannot be put in another's place.
/// @pre key.size() == sealing_key_bytes
std::string seal(std::string_view key, std::string_view plain, std::string_view what_for);

/// Nothing when the key is another one, or a bit was changed.
std::optional<std::string> unseal(std::string_view key, std::string_view sealed,
                                  std::string_view what_for);

} // namespace serverme::control

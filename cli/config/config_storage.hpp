// The configuration file on its disk: read with a look at its mode, written for its owner only.
#pragma once

#include "protocol/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace serverme::cli {

enum class config_readers : std::uint8_t { owner_only, others_too };

struct stored_config {
  std::string text;
  config_readers readers = config_readers::owner_only;
};

/// Nothing when there is no such file.
/// @errors config_unreadable
result<std::optional<stored_config>> read_config(const std::filesystem::path& path);

/// In one step, with mode 0600, through a symbolic link to what it leads to. Makes the directory
/// (0700) when it is missing.
/// @errors config_unreadable
result<done> write_config(const std::filesystem::path& path, std::string_view text);

/// Can this be a key? Letters, digits, '_', '-' and '.'.
bool is_token(std::string_view text);

/// `text` with the key in place of the one that was there; everything else stays, comments too.
/// @pre is_token(token)
/// @errors config_invalid: a file with mistakes, or one in another shape than lines
result<std::string> with_token(const std::string& text, const std::string& token);

} // namespace serverme::cli

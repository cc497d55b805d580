// Small files read and written whole: certificates, keys, what a start tells the next one.
#pragma once

#include "protocol/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace serverme::net {

/// At most 1 MiB: none of ours is larger.
/// @errors data_dir_unusable
result<std::string> read_file(const std::filesystem::path& path);

enum class file_readers : std::uint8_t { everyone, owner };

/// Replaces the file in one step: a reader sees the old one or the new one, whole.
/// @errors data_dir_unusable
result<done> write_file(const std::filesystem::path& path, std::string_view text,
                        file_readers readers);

} // namespace serverme::net

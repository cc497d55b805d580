// The directory in which a node keeps what is its own; one node at a time uses it.
#pragma once

#include "protocol/result.hpp"

#include <filesystem>

namespace serverme::servermed {

class data_directory {
public:
  /// Makes it if need be and takes its lock. The path becomes absolute.
  /// @errors data_dir_unusable, already_running
  static result<data_directory> open(const std::filesystem::path& path);
  /// Ours alone: who could put a link there, or a CA, would have us write and trust what he likes.
  /// @errors data_dir_unusable
  static result<done> check_owner(const std::filesystem::path& path);
  ~data_directory();
  data_directory(data_directory&& other) noexcept;
  data_directory& operator=(data_directory&&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
  data_directory(std::filesystem::path path, int lock) noexcept;

  std::filesystem::path path_;
  int lock_ = -1;
};

} // namespace serverme::servermed

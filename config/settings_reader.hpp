// A YAML file read strictly: a key that nobody knows, a value of the wrong kind or out of range is
// a problem that is named with its line, and all of them are named at once.
#pragma once

#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace serverme::config {

/// One mapping of the file. What is not there leaves the value as it was: its default.
class settings_reader {
public:
  /// Nothing in the file is an empty mapping.
  /// @errors config_unreadable; config_invalid: it is no YAML, or no mapping
  static result<settings_reader> open(const std::filesystem::path& file);
  /// The same for a text; `name` stands in front of each problem.
  static result<settings_reader> parse(const std::string& text, std::string name);

  bool has(const char* key) const;
  void read(const char* key, std::string& into);
  void read(const char* key, bool& into);
  /// "30s".
  void read(const char* key, milliseconds& into);
  /// "64KiB".
  void read_bytes(const char* key, std::size_t& into);

  template <std::unsigned_integral Number>
  void read(const char* key, Number& into, std::uint64_t least = 0,
            std::uint64_t most = std::numeric_limits<Number>::max()) {
    std::uint64_t value = into;
    read_number(key, value, least, most);
    into = static_cast<Number>(value);
  }

  settings_reader section(const char* key);
  /// The mappings of a list.
  std::vector<settings_reader> list(const char* key);
  /// The mappings of a mapping, with their names, in the order of the file.
  std::vector<std::pair<std::string, settings_reader>> sections(const char* key);

  /// "FILE:LINE: KEY: WHAT"; for what only the caller can judge.
  void complain(const char* key, const std::string& what);
  /// Everything that is wrong, in the order of the file, the keys that were never asked for
  /// included.
  /// @errors config_invalid: the problems, a line each
  result<done> finish() const;

private:
  struct document;
  struct mapping;
  settings_reader(std::shared_ptr<document> from, std::shared_ptr<mapping> here);
  void read_number(const char* key, std::uint64_t& into, std::uint64_t least, std::uint64_t most);

  std::shared_ptr<document> document_;
  std::shared_ptr<mapping> here_;
};

} // namespace serverme::config

// The steps of the database schema, compiled in: a program brings its own.
#pragma once

#include <span>
#include <string_view>

namespace serverme {

/// One file of this folder.
struct migration {
  int number;
  /// "accounts" of 0001_accounts.sql.
  std::string_view name;
  std::string_view sql;
};

/// In the order of their numbers.
std::span<const migration> embedded_migrations() noexcept;

} // namespace serverme

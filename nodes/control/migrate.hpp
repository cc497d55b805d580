// Brings the database schema up to date, and says what was done to it.
#pragma once

#include "migrations/migrations.hpp"
#include "nodes/control/database_settings.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace serverme::control {

enum class migration_standing {
  applied,
  /// Not yet.
  pending,
  /// The database has another text of it than this program: somebody edited an old step.
  changed,
  /// Applied by a newer program, which this one need not know.
  unknown,
};

std::string_view to_string(migration_standing standing) noexcept;

struct migration_view {
  int number = 0;
  std::string name;
  /// SHA-256 of the text that was, or will be, applied; in hexadecimal.
  std::string checksum;
  std::optional<wall_time> applied;
  migration_standing standing = migration_standing::pending;
};

/// Applies what is missing, in order, each step in a transaction of its own under an advisory lock:
/// nodes that start together wait for each other. @returns how many this call applied
/// @errors migration_failed (names the step), database_unavailable
result<int> migrate(const database_settings& settings,
                    std::span<const migration> steps = embedded_migrations());

/// Changes nothing. By number. @errors database_unavailable
result<std::vector<migration_view>> list_migrations(const database_settings& settings,
                                                    std::span<const migration> steps
                                                    = embedded_migrations());

} // namespace serverme::control

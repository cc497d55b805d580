#include "nodes/control/migrate.hpp"

#include "nodes/control/secrets.hpp"
#include "nodes/control/sql/database.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>

namespace serverme::control {

namespace {

// A step may rewrite a table, and nodes that start together wait for each other.
constexpr milliseconds step_time_max{300'000};
// Arbitrary: any number that nobody else locks in this database.
constexpr auto lock_statement = "SELECT pg_advisory_xact_lock(7263548190)";

using view_map = std::map<int, migration_view>;

std::string step_name(int number, std::string_view name) {
  return fmt::format("{:04}_{}", number, name);
}

bool has_table(pqxx::work& work) {
  return !work.exec("SELECT to_regclass('schema_migrations')")[0][0].is_null();
}

void create_table(pqxx::work& work) {
  if (!has_table(work)) // IF NOT EXISTS would say so in the log each time
    work.exec("CREATE TABLE schema_migrations ("
              "  number integer PRIMARY KEY,"
              "  name text NOT NULL,"
              "  checksum text NOT NULL,"
              "  applied_at timestamptz NOT NULL DEFAULT now())");
}

view_map read_applied(pqxx::work& work) {
  view_map views;
  for (const auto& row : work.exec("SELECT number, name, checksum,"
                                   "       (extract(epoch FROM applied_at) * 1000000)::bigint"
                                   " FROM schema_migrations")) {
    wall_time applied{microseconds{row[3].as<std::int64_t>()}};
    auto number = row[0].as<int>();
    views[number] = {number, row[1].as<std::string>(), row[2].as<std::string>(), applied,
                     migration_standing::unknown};
  }
  return views;
}

/// What the database has, and what this program has, side by side.
view_map compare(view_map views, std::span<const migration> steps) {
  for (const auto& step : steps) {
    auto checksum = to_hex(sha256(step.sql));
    auto [entry, is_pending]
      = views.try_emplace(step.number, migration_view{step.number, std::string{step.name}, checksum,
                                                      std::nullopt, migration_standing::pending});
    if (!is_pending)
      entry->second.standing = entry->second.checksum == checksum ? migration_standing::applied
                                                                  : migration_standing::changed;
  }
  return views;
}

result<done> refuse_changed(const view_map& views) {
  auto changed = std::find_if(views.begin(), views.end(), [](const auto& each) {
    return each.second.standing == migration_standing::changed;
  });
  if (changed == views.end())
    return done{};
  return fail(errc::migration_failed, step_name(changed->first, changed->second.name)
                                        + " is not the text that was applied");
}

result<done> apply(pqxx::work& work, const migration& step) {
  try {
    work.exec(std::string{step.sql});
  } catch (const pqxx::sql_error& why) {
    return fail(errc::migration_failed, step_name(step.number, step.name) + ": " + why.what());
  }
  work.exec("INSERT INTO schema_migrations (number, name, checksum) VALUES ("
            + std::to_string(step.number) + ", " + work.quote(std::string{step.name}) + ", "
            + work.quote(to_hex(sha256(step.sql))) + ")");
  return done{};
}

/// @returns how many: one, or none when everything is there
result<int> apply_next(pqxx::work& work, std::span<const migration> steps) {
  work.exec(lock_statement);
  create_table(work);
  auto views = compare(read_applied(work), steps);
  if (auto unchanged = refuse_changed(views); !unchanged)
    return fail(unchanged.error());
  auto next = std::find_if(steps.begin(), steps.end(), [&views](const migration& step) {
    return views[step.number].standing == migration_standing::pending;
  });
  if (next == steps.end())
    return 0;
  if (auto applied = apply(work, *next); !applied)
    return fail(applied.error());
  return 1;
}

sql::database open(database_settings settings) {
  settings.statement_timeout = step_time_max;
  return {std::move(settings), [](pqxx::connection&) {}};
}

} // namespace

std::string_view to_string(migration_standing standing) noexcept {
  switch (standing) {
    case migration_standing::applied: return "applied";
    case migration_standing::pending: return "pending";
    case migration_standing::changed: return "changed";
    case migration_standing::unknown: return "unknown";
  }
  return "unknown";
}

result<int> migrate(const database_settings& settings, std::span<const migration> steps) {
  auto base = open(settings);
  for (int count = 0;; ++count) {
    auto applied
      = base.transact<int>([steps](pqxx::work& work) { return apply_next(work, steps); });
    if (!applied)
      return applied;
    if (*applied == 0)
      return count;
  }
}

result<std::vector<migration_view>> list_migrations(const database_settings& settings,
                                                    std::span<const migration> steps) {
  auto base = open(settings);
  auto views = base.transact<view_map>([steps](pqxx::work& work) -> result<view_map> {
    return compare(has_table(work) ? read_applied(work) : view_map{}, steps);
  });
  if (!views)
    return fail(views.error());
  std::vector<migration_view> list;
  for (auto& [number, view] : *views)
    list.push_back(std::move(view));
  return list;
}

} // namespace serverme::control

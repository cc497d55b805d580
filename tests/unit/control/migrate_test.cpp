// Migrations: once, in order, by one node at a time, and never a changed one.
#define CAF_SUITE migrate

#include "nodes/control/migrate.hpp"

#include "tests/unit/control/own_database.hpp"
#include "tests/unit/test.hpp"

#include <algorithm>
#include <array>
#include <future>

using namespace serverme;
using namespace serverme::control;
using namespace serverme::tests;

namespace {

constexpr std::array<migration, 2> two{
  {{1, "first", "CREATE TABLE a (x int)"}, {2, "second", "INSERT INTO a VALUES (1)"}}};

std::vector<migration_standing> standings(const database_settings& settings,
                                          std::span<const migration> steps) {
  auto list = list_migrations(settings, steps);
  CAF_REQUIRE(list);
  std::vector<migration_standing> out;
  for (const auto& each : *list)
    out.push_back(each.standing);
  return out;
}

using enum migration_standing;
using list = std::vector<migration_standing>;

} // namespace

CAF_TEST(the embedded ones are numbered in order and apply to an empty database) {
  auto steps = embedded_migrations();
  CAF_REQUIRE(!steps.empty());
  CAF_CHECK(std::is_sorted(steps.begin(), steps.end(),
                           [](const auto& a, const auto& b) { return a.number < b.number; }));
  for (const auto& step : steps)
    CAF_CHECK(step.sql.starts_with("-- ")); // says why
  auto settings = fresh_database();
  auto applied = migrate(settings);
  CAF_REQUIRE(applied);
  CAF_CHECK_EQUAL(static_cast<std::size_t>(*applied), steps.size());
}

CAF_TEST(what is applied is not applied again) {
  auto settings = fresh_database();
  CAF_CHECK(migrate(settings, two).value() == 2);
  CAF_CHECK(migrate(settings, two).value() == 0);
  CAF_CHECK_EQUAL(read_sql(settings, "SELECT count(*) FROM a"), "1");
}

CAF_TEST(nodes that start together wait for each other) {
  auto settings = fresh_database();
  std::vector<std::future<result<int>>> starts;
  for (int node = 0; node < 4; ++node)
    starts.push_back(std::async(std::launch::async, [&] { return migrate(settings, two); }));
  int applied = 0;
  for (auto& each : starts)
    applied += each.get().value();
  CAF_CHECK_EQUAL(applied, 2);
  CAF_CHECK_EQUAL(read_sql(settings, "SELECT count(*) FROM a"), "1");
}

CAF_TEST(the list says what is applied and what is not without changing anything) {
  auto settings = fresh_database();
  CAF_CHECK(standings(settings, two) == (list{pending, pending}));
  CAF_CHECK(migrate(settings, std::span{two}.first(1)));
  CAF_CHECK(standings(settings, two) == (list{applied, pending}));
  auto views = list_migrations(settings, two);
  CAF_REQUIRE(views);
  CAF_CHECK_EQUAL(views->front().name, "first");
  CAF_CHECK_EQUAL(views->front().checksum.size(), 64u);
  CAF_REQUIRE(views->front().applied.has_value());
  CAF_CHECK(std::chrono::system_clock::now() - *views->front().applied < std::chrono::minutes{5});
}

CAF_TEST(a step that was edited after it was applied is refused by name) {
  auto settings = fresh_database();
  CAF_CHECK(migrate(settings, std::span{two}.first(1)));
  auto edited = two;
  edited[0].sql = "CREATE TABLE a (x bigint)";
  auto outcome = migrate(settings, edited);
  CAF_REQUIRE(!outcome);
  CAF_CHECK_EQUAL(outcome.error().code, errc::migration_failed);
  CAF_CHECK(outcome.error().detail.find("0001_first") != std::string::npos);
  CAF_CHECK(standings(settings, edited) == (list{changed, pending}));
  CAF_CHECK_EQUAL(read_sql(settings, "SELECT count(*) FROM a"), "0"); // 0002 was not applied
}

CAF_TEST(a step that fails leaves nothing behind) {
  auto settings = fresh_database();
  std::array<migration, 1> bad{{{1, "half", "CREATE TABLE b (x int); SELECT 1/0"}}};
  auto outcome = migrate(settings, bad);
  CAF_REQUIRE(!outcome);
  CAF_CHECK_EQUAL(outcome.error().code, errc::migration_failed);
  CAF_CHECK(outcome.error().detail.find("0001_half") != std::string::npos);
  CAF_CHECK_EQUAL(read_sql(settings, "SELECT to_regclass('b') IS NULL"), "t");
  CAF_CHECK(standings(settings, bad) == (list{pending}));
}

CAF_TEST(steps of a newer program are left alone) {
  auto settings = fresh_database();
  CAF_CHECK(migrate(settings, two));
  auto older = std::span{two}.first(1);
  CAF_CHECK(migrate(settings, older).value() == 0);
  CAF_CHECK(standings(settings, older) == (list{applied, unknown}));
}

CAF_TEST(without a database that is said) {
  database_settings nowhere{"host=/nonexistent dbname=x"};
  auto outcome = migrate(nowhere, two);
  CAF_REQUIRE(!outcome);
  CAF_CHECK_EQUAL(outcome.error().code, errc::database_unavailable);
}

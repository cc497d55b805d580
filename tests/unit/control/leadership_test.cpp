// Of several control nodes one leads, over a real PostgreSQL; when it goes, another does.
#define CAF_SUITE leadership

#include "nodes/control/leadership.hpp"

#include "tests/unit/control/own_database.hpp"
#include "tests/unit/test.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

using namespace serverme;
using namespace serverme::control;
using namespace serverme::tests;

namespace {

/// A control node, as far as it leads or not.
class candidate {
public:
  explicit candidate(const database_settings& database, milliseconds look_every = milliseconds{20})
    : leading_{std::in_place,
               leadership_settings{
                 .database = database, .look_every = look_every, .silence_max = milliseconds{300}},
               leadership_events{.won = [this](std::uint64_t term) { note(term); },
                                 .lost = [this] { note(0); }}} {}

  /// The term it leads with, once it does.
  std::uint64_t await_term() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, seconds{20}, [this] { return term_ != 0; });
    return term_;
  }
  std::uint64_t term() {
    std::lock_guard guard{mutex_};
    return term_;
  }
  int changes() {
    std::lock_guard guard{mutex_};
    return changes_;
  }
  bool await_changes(int count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, seconds{20}, [&] { return changes_ >= count; });
  }
  void stop() { leading_.reset(); }

private:
  void note(std::uint64_t term) {
    std::lock_guard guard{mutex_};
    term_ = term;
    ++changes_;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t term_ = 0;
  int changes_ = 0;
  std::optional<leadership> leading_; // last: its thread uses the others
};

constexpr auto holder_of_lock
  = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted LIMIT 1";

} // namespace

CAF_TEST(one of two leads and when it stops the other does with a later term) {
  auto database = migrated_database();
  candidate first{database};
  auto early = first.await_term();
  CAF_REQUIRE(early > 0);
  candidate second{database};
  CAF_CHECK_EQUAL(second.term(), 0u);
  first.stop();
  CAF_CHECK_EQUAL(first.term(), 0u); // told before anybody else could have it
  CAF_CHECK(second.await_term() > early);
}

CAF_TEST(who loses the connection has lost the lead and is told before it leads again) {
  auto database = migrated_database();
  candidate only{database};
  auto early = only.await_term();
  CAF_REQUIRE(early > 0);
  run_sql(database, "SELECT pg_terminate_backend((" + std::string{holder_of_lock} + "))");
  CAF_REQUIRE(only.await_changes(3)); // won, lost, won
  CAF_CHECK(only.await_term() > early);
}

CAF_TEST(who does not look any more has lost the lead though its connection is there) {
  auto database = migrated_database();
  candidate asleep{database, seconds{60}};
  auto early = asleep.await_term();
  CAF_REQUIRE(early > 0);
  candidate awake{database};
  CAF_CHECK(awake.await_term() > early);
  CAF_CHECK_EQUAL(asleep.term(), early); // it does not know; later terms win
}

CAF_TEST(who cannot ask the database is told and again when he can) {
  auto database = migrated_database();
  std::mutex mutex;
  std::condition_variable changed;
  int found = 0, lost = 0;
  auto count = [&](int& what) {
    std::lock_guard guard{mutex};
    ++what;
    changed.notify_all();
  };
  leadership looking{
    {.database = database, .look_every = milliseconds{20}},
    {.database_found = [&] { count(found); }, .database_lost = [&] { count(lost); }}};
  auto await = [&](const int& what, int times) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, seconds{20}, [&] { return what == times; });
  };
  CAF_REQUIRE(await(found, 1));
  run_sql(database, "ALTER SEQUENCE leader_terms RENAME TO gone"); // new connections are no good
  run_sql(database, "SELECT pg_terminate_backend((" + std::string{holder_of_lock} + "))");
  CAF_CHECK(await(lost, 1));
  run_sql(database, "ALTER SEQUENCE gone RENAME TO leader_terms");
  CAF_CHECK(await(found, 2));
}

CAF_TEST(a database that is away makes nobody lead) {
  candidate hopeful{{.connection_string = "host=/nowhere dbname=none"}};
  CAF_CHECK_EQUAL(hopeful.changes(), 0);
}

// The private cluster: its life, who may connect, and what a killed servermed leaves behind.
#define CAF_SUITE private_postgres

#include "nodes/control/private_postgres.hpp"

#include "nodes/control/postgres/cluster.hpp"
#include "nodes/control/postgres_watch.hpp"
#include "tests/unit/control/own_database.hpp"
#include "tests/unit/test.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace serverme;
using namespace serverme::control;
using namespace serverme::tests;

namespace {

namespace fs = std::filesystem;

std::string select_one(const private_postgres& database) {
  return read_sql({database.connection_string()}, "SELECT 1");
}

fs::path cluster_of(const scratch_directory& place) { return place.path() / "postgres/cluster"; }

/// Shared by most tests: making a cluster takes longer than all they do with it.
const scratch_directory& shared_place() {
  static scratch_directory place;
  return place;
}

/// Runs `steps` in a process of its own that ends without any clean-up, as by kill -9.
template <class Steps>
bool in_process_that_is_killed(Steps steps) {
  auto child = ::fork();
  if (child == 0) {
    auto good = steps();
    ::kill(::getpid(), good ? SIGKILL : SIGTERM);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFSIGNALED(status)
         && WTERMSIG(status) == SIGKILL;
}

} // namespace

CAF_TEST(it starts and stops and starts again with what was written) {
  const auto& place = shared_place();
  {
    auto first = private_postgres::start(place.path());
    CAF_REQUIRE(first);
    run_sql({first->connection_string()}, "CREATE TABLE kept AS SELECT 7 AS number");
  }
  CAF_CHECK(!find_running(cluster_of(place)));
  auto second = private_postgres::start(place.path());
  CAF_REQUIRE(second);
  CAF_CHECK_EQUAL(read_sql({second->connection_string()}, "SELECT number FROM kept"), "7");
  second->stop();
  second->stop();
  CAF_CHECK(!find_running(cluster_of(place)));
}

CAF_TEST(it listens on no address and lets nobody else in) {
  const auto& place = shared_place();
  auto database = private_postgres::start(place.path());
  CAF_REQUIRE(database);
  CAF_CHECK_EQUAL(read_sql({database->connection_string()}, "SHOW listen_addresses"), "");
  struct stat entry {};
  CAF_REQUIRE_EQUAL(::stat((place.path() / "postgres/socket").c_str(), &entry), 0);
  CAF_CHECK_EQUAL(entry.st_mode & 0777u, 0700u);
  CAF_REQUIRE_EQUAL(::stat(cluster_of(place).c_str(), &entry), 0);
  CAF_CHECK_EQUAL(entry.st_mode & 0077u, 0u);
  if (::geteuid() == 0)
    CAF_CHECK(entry.st_uid != 0); // PostgreSQL does not run as root
}

CAF_TEST(a second one is refused and a command shares the first) {
  const auto& place = shared_place();
  auto first = private_postgres::start(place.path());
  CAF_REQUIRE(first);
  {
    auto shared = private_postgres::borrow(place.path());
    CAF_REQUIRE(shared);
    CAF_CHECK_EQUAL(select_one(*shared), "1");
  }
  CAF_CHECK_EQUAL(select_one(*first), "1"); // the borrower did not stop it
  auto second = private_postgres::start(place.path());
  CAF_REQUIRE(!second);
  CAF_CHECK_EQUAL(second.error().code, errc::already_running);
}

CAF_TEST(a command without a node has one for itself) {
  const auto& place = shared_place();
  {
    auto alone = private_postgres::borrow(place.path());
    CAF_REQUIRE(alone);
    CAF_CHECK_EQUAL(select_one(*alone), "1");
  }
  CAF_CHECK(!find_running(cluster_of(place)));
}

CAF_TEST(the server ends with the process that started it) {
  const auto& place = shared_place();
  CAF_CHECK(
    in_process_that_is_killed([&] { return private_postgres::start(place.path()).has_value(); }));
  if (auto left = find_running(cluster_of(place)))
    CAF_CHECK(await_exit(left->process, milliseconds{10'000}));
}

CAF_TEST(one that was left behind is ended and its data is there) {
  const auto& place = shared_place();
  auto user = choose_user(place.path());
  CAF_REQUIRE(user);
  {
    auto first = private_postgres::start(place.path());
    CAF_REQUIRE(first);
    run_sql({first->connection_string()}, "CREATE TABLE left_behind AS SELECT 7 AS number");
  }
  // Started by hand, it has no parent that takes it along.
  auto programs = find_programs(cluster_of(place));
  CAF_REQUIRE(programs);
  descriptor log{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  auto child = start_child(
    {.words = {(*programs / "postgres").string(), "-D", cluster_of(place).string(), "-k",
               (place.path() / "postgres/socket").string(), "-c", "listen_addresses="},
     .user = *user,
     .log = log.value()});
  CAF_REQUIRE(child);
  CAF_REQUIRE(await(milliseconds{20'000}, [&] {
    auto running = find_running(cluster_of(place));
    return running && running->is_ready;
  }));
  auto second = private_postgres::start(place.path());
  CAF_REQUIRE(second);
  CAF_CHECK(await_exit(*child, milliseconds{0}));
  CAF_CHECK_EQUAL(read_sql({second->connection_string()}, "SELECT number FROM left_behind"), "7");
}

CAF_TEST(a server that was killed is started again where it was) {
  const auto& place = shared_place();
  auto database = private_postgres::start(place.path());
  CAF_REQUIRE(database);
  CAF_CHECK(!database->has_ended());
  postgres_watch watch{*database};
  for (auto signal : {SIGKILL, SIGINT}) {
    auto before = find_running(cluster_of(place));
    CAF_REQUIRE(before);
    ::kill(before->process, signal);
    CAF_REQUIRE(await(milliseconds{30'000}, [&] {
      auto now = find_running(cluster_of(place));
      return now && now->process != before->process && now->is_ready;
    }));
    CAF_CHECK_EQUAL(select_one(*database), "1");
  }
}

CAF_TEST(a lock file of a process that is somebody else is no obstacle) {
  const auto& place = shared_place();
  CAF_REQUIRE(private_postgres::start(place.path()));
  {
    auto file = std::fopen((cluster_of(place) / "postmaster.pid").c_str(), "w");
    CAF_REQUIRE(file != nullptr);
    std::fprintf(file, "%d\n%s\n0\n5432\n\n\n\nready\n", ::getpid(), cluster_of(place).c_str());
    std::fclose(file);
  }
  CAF_CHECK(!find_running(cluster_of(place)));
  auto database = private_postgres::start(place.path());
  CAF_REQUIRE(database);
  CAF_CHECK_EQUAL(select_one(*database), "1");
}

CAF_TEST(a long path gets its socket elsewhere) {
  scratch_directory place;
  auto deep = place.path() / std::string(60, 'a') / std::string(60, 'b');
  std::string socket;
  {
    auto database = private_postgres::start(deep);
    CAF_REQUIRE(database);
    CAF_CHECK_EQUAL(select_one(*database), "1");
    auto running = find_running(deep / "postgres/cluster");
    CAF_REQUIRE(running);
    socket = running->socket_directory.string();
    CAF_CHECK(socket.size() < 100);
  }
  CAF_CHECK(!fs::exists(socket));
}

CAF_TEST(a data directory that only root may enter is left as it is) {
  if (::geteuid() != 0)
    return;
  scratch_directory place;
  auto closed = place.path() / "closed";
  fs::create_directory(closed);
  CAF_REQUIRE_EQUAL(::chmod(closed.c_str(), 0700), 0);
  auto data = closed / "data";
  {
    auto database = private_postgres::start(data);
    CAF_REQUIRE(database);
    CAF_CHECK_EQUAL(select_one(*database), "1");
    auto shared = private_postgres::borrow(data);
    CAF_REQUIRE(shared);
    CAF_CHECK_EQUAL(select_one(*shared), "1");
  }
  struct stat entry {};
  CAF_REQUIRE_EQUAL(::stat(closed.c_str(), &entry), 0);
  CAF_CHECK_EQUAL(entry.st_mode & 0777u, 0700u);
  fs::remove_all(fs::read_symlink(data / "postgres"));
}

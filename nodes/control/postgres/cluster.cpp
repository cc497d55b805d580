#include "nodes/control/postgres/cluster.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <utility>

namespace serverme::control {

namespace fs = std::filesystem;

namespace {

// initdb takes half a second on a disk that keeps up.
constexpr milliseconds initdb_patience{60'000};
// A server that was killed has to read its log again first.
constexpr milliseconds start_patience{60'000};
constexpr milliseconds fast_stop_patience{10'000};
constexpr milliseconds forced_stop_patience{3'000};
constexpr off_t log_bytes_max = 1 << 20;

// One process on one machine, a handful of small tables. What is written stays written.
constexpr const char* server_settings[] = {
  "listen_addresses=",
  "unix_socket_permissions=0700",
  "max_connections=20",
  "shared_buffers=16MB",
  "wal_level=minimal",
  "max_wal_senders=0",
  "min_wal_size=32MB",
  "max_wal_size=128MB",
  "max_worker_processes=1",
  "max_parallel_workers=0",
  "max_logical_replication_workers=0",
  "autovacuum_max_workers=1",
  "jit=off",
  "huge_pages=off",
  "log_checkpoints=off",
  "log_min_error_statement=panic", // no statement of ours in a log
  "cluster_name=servermed",
};

descriptor open_log(const fs::path& home) {
  auto path = home / "postgres.log";
  struct stat entry {};
  auto is_long = ::stat(path.c_str(), &entry) == 0 && entry.st_size > log_bytes_max;
  return descriptor{
    ::open(path.c_str(),
           O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (is_long ? O_TRUNC : 0), 0600)};
}

std::string last_line(const fs::path& file) {
  std::string last;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    if (!line.empty())
      last = line;
  }
  return last;
}

} // namespace

result<cluster_plan> plan_cluster(const fs::path& data_dir) {
  auto user = choose_user(data_dir);
  if (!user)
    return fail(user.error());
  auto home = open_home(data_dir, *user);
  if (!home)
    return fail(home.error());
  auto cluster = *home / "cluster";
  auto programs = find_programs(cluster);
  if (!programs)
    return fail(programs.error());
  auto log = open_log(*home);
  if (!log.is_open())
    return fail(errc::data_dir_unusable, "cannot write to " + home->string());
  return cluster_plan{*home, cluster, *programs, *user, std::move(log)};
}

result<done> make_cluster(const cluster_plan& plan) {
  // Made beside and moved, so that an interrupted initdb is not taken for a cluster.
  auto fresh = plan.home / "cluster.new";
  std::error_code none;
  fs::remove_all(fresh, none);
  if (auto made = make_private_directory(fresh, plan.user); !made)
    return made;
  auto child = start_child(
    {.words = {(plan.programs / "initdb").string(), "-D", fresh.string(), "-U", "serverme",
               "--auth-local=peer", "--auth-host=reject", "--locale=C.UTF-8", "--encoding=UTF8",
               "--no-sync", "--no-instructions", "--wal-segsize=4"},
     .user = plan.user,
     .log = plan.log.value(),
     .death_signal = SIGKILL});
  if (!child)
    return fail(child.error());
  if (!await_exit(*child, initdb_patience))
    ::kill(*child, SIGKILL);
  int status = 0;
  auto ended = ::waitpid(*child, &status, 0) == *child;
  if (!ended || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(errc::database_unavailable, "initdb: " + last_line(plan.home / "postgres.log"));
  fs::rename(fresh, plan.cluster, none);
  if (none)
    return fail(errc::data_dir_unusable, plan.cluster.string() + ": " + none.message());
  return done{};
}

result<pid_t> start_server(const cluster_plan& plan, const fs::path& socket_directory) {
  std::vector<std::string> words{(plan.programs / "postgres").string(),
                                 "-D",
                                 plan.cluster.string(),
                                 "-k",
                                 socket_directory.string(),
                                 "-c",
                                 "hba_file=" + (plan.home / "pg_hba.conf").string(),
                                 "-c",
                                 "ident_file=" + (plan.home / "pg_ident.conf").string()};
  for (const auto* setting : server_settings) {
    words.emplace_back("-c");
    words.emplace_back(setting);
  }
  auto child = start_child({.words = std::move(words),
                            .user = plan.user,
                            .log = plan.log.value(),
                            .death_signal = SIGINT});
  if (!child)
    return child;
  std::optional<int> ended;
  auto ready = await(start_patience, [&] {
    ended = reap(*child);
    auto running = find_running(plan.cluster);
    return ended || (running && running->process == *child && running->is_ready);
  });
  if (ready && !ended)
    return child;
  if (!ended)
    end_server(*child);
  return fail(errc::database_unavailable,
              "PostgreSQL did not start: " + last_line(plan.home / "postgres.log"));
}

void end_left_behind(const fs::path& cluster) {
  if (auto left = find_running(cluster)) {
    spdlog::info("PostgreSQL of an earlier run (pid {}) is ended first", left->process);
    end_server(left->process);
  }
  // A dead process's is PostgreSQL's own to judge: it knows whether anybody still uses that
  // server's memory. One that names a stranger, or nobody, would keep it from starting.
  if (names_dead_process(cluster))
    return;
  std::error_code none;
  fs::remove(cluster / "postmaster.pid", none);
}

void end_server(pid_t process) {
  for (auto [signal, patience] :
       {std::pair{SIGINT, fast_stop_patience}, std::pair{SIGQUIT, forced_stop_patience},
        std::pair{SIGKILL, forced_stop_patience}}) {
    if (signal != SIGINT)
      spdlog::warn("PostgreSQL (pid {}) does not stop: signal {}", process, signal);
    ::kill(process, signal);
    if (await_exit(process, patience))
      break;
  }
  (void)reap(process);
}

} // namespace serverme::control

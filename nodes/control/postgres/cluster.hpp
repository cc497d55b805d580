// A cluster and its server: making one, starting and ending it. Blocks.
#pragma once

#include "nodes/control/postgres/cluster_files.hpp"
#include "nodes/control/postgres/descriptor.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

namespace serverme::control {

/// Everything that is known about one before its server runs.
struct cluster_plan {
  std::filesystem::path home;
  std::filesystem::path cluster;
  std::filesystem::path programs;
  system_user user;
  descriptor log;
};

/// Finds user, directories and programs. @errors data_dir_unusable, database_unavailable
result<cluster_plan> plan_cluster(const std::filesystem::path& data_dir);

/// initdb. @errors database_unavailable, data_dir_unusable
result<done> make_cluster(const cluster_plan& plan);

/// Until it takes connections. @errors database_unavailable
result<pid_t> start_server(const cluster_plan& plan, const std::filesystem::path& socket_directory);

/// Whatever runs on this cluster from before: a servermed that was killed takes its server with it,
/// but may not have been able to.
void end_left_behind(const std::filesystem::path& cluster);

/// Fast first, then by force; a child is reaped.
void end_server(pid_t process);

/// Calls `look` until it gives something that counts as true, or time is over.
template <class Look>
auto await(milliseconds patience, Look look) {
  constexpr milliseconds look_again{5};
  auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto seen = look();
    if (seen || std::chrono::steady_clock::now() >= deadline)
      return seen;
    std::this_thread::sleep_for(look_again);
  }
}

} // namespace serverme::control

// Where a private cluster keeps its files, and what they say.
#pragma once

#include "nodes/control/postgres/child_process.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace serverme::control {

/// What postmaster.pid says; PostgreSQL writes it.
struct running_cluster {
  pid_t process = 0;
  std::filesystem::path socket_directory;
  bool is_ready = false;
};

/// nullopt: there is none, or the process it names is not this cluster's any more.
std::optional<running_cluster> find_running(const std::filesystem::path& cluster);

/// Whether postmaster.pid names a process that lives no more.
bool names_dead_process(const std::filesystem::path& cluster);

/// As whom its server has to run: its owner; for a new one ourselves, or as root, which PostgreSQL
/// refuses to run as, somebody else. @errors data_dir_unusable
result<system_user> choose_user(const std::filesystem::path& data_dir);

/// The directory that holds cluster, socket and log: DATA_DIR/postgres; when root's data directory
/// cannot be entered by `user`, a link to one under /var/lib. Makes it. @errors data_dir_unusable
result<std::filesystem::path> open_home(const std::filesystem::path& data_dir,
                                        const system_user& user);

/// For `user` (and root) alone. @errors data_dir_unusable
result<done> make_private_directory(const std::filesystem::path& path, const system_user& user);

/// A directory for the socket that only `user` (and root) can enter: in `home`, or a temporary one
/// where the name of the socket would be too long. @errors data_dir_unusable
result<std::filesystem::path> open_socket_directory(const std::filesystem::path& home,
                                                    const system_user& user);

/// pg_hba.conf and pg_ident.conf of `home`: `user` and root may connect, and nobody else; the
/// kernel says who is at the other end. @errors data_dir_unusable
result<done> write_access_rules(const std::filesystem::path& home, const system_user& user);

/// initdb and postgres: those that made the cluster, for a new one the newest.
/// @errors database_unavailable
result<std::filesystem::path> find_programs(const std::filesystem::path& cluster);

} // namespace serverme::control

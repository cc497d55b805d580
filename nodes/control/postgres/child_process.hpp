// Programs that servermed starts beside itself, as another user where it must. Blocks.
#pragma once

#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace serverme::control {

struct system_user {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
};

/// @errors data_dir_unusable: no such user
result<system_user> find_user(uid_t uid);
std::optional<system_user> find_user(const char* name);

struct child_command {
  /// The program's path first.
  std::vector<std::string> words;
  system_user user;
  /// Gets what the program prints.
  int log = -1;
  /// Sent to it when the thread that starts it ends, however that happens.
  int death_signal = 0;
};

/// In a session of its own, so that Ctrl+C on the terminal is not for it; without any descriptor of
/// ours but the log, and with an environment of its own. @errors database_unavailable
result<pid_t> start_child(const child_command& command);

/// The exit status as waitpid() gives it; nullopt: it runs still.
std::optional<int> reap(pid_t child);
/// Of any process, a child or not. @returns whether it has ended
bool await_exit(pid_t process, milliseconds patience);

/// May this user go there?
bool can_enter(const system_user& who, const std::filesystem::path& directory);

} // namespace serverme::control

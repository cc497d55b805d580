#include "nodes/control/postgres/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace serverme::control {

namespace {

// From fork() to exec() only what is safe in a signal handler: other threads may hold any lock.

bool become(const system_user& user) {
  if (::geteuid() == user.uid)
    return true;
  return ::setgroups(1, &user.gid) == 0 && ::setresgid(user.gid, user.gid, user.gid) == 0
         && ::setresuid(user.uid, user.uid, user.uid) == 0;
}

[[noreturn]] void run_child(const child_command& command, char* const* arguments, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setsid();
  ::umask(077);
  auto null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(command.log, STDOUT_FILENO);
  ::dup2(command.log, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  if (!become(command.user))
    ::_exit(126);
  // After the change of user, which would reset it.
  if (command.death_signal != 0)
    ::prctl(PR_SET_PDEATHSIG, command.death_signal);
  if (::getppid() != parent) // it died before we asked to be told
    ::_exit(125);
  std::array<char*, 4> environment{const_cast<char*>("PATH=/usr/bin:/bin"),
                                   const_cast<char*>("LC_ALL=C.UTF-8"), const_cast<char*>("TZ=UTC"),
                                   nullptr};
  ::execve(arguments[0], arguments, environment.data());
  ::_exit(127);
}

} // namespace

result<system_user> find_user(uid_t uid) {
  const auto* entry = ::getpwuid(uid);
  if (entry == nullptr)
    return fail(errc::data_dir_unusable, "user " + std::to_string(uid) + " has no name");
  return system_user{uid, entry->pw_gid, entry->pw_name};
}

std::optional<system_user> find_user(const char* name) {
  const auto* entry = ::getpwnam(name);
  if (entry == nullptr)
    return std::nullopt;
  return system_user{entry->pw_uid, entry->pw_gid, entry->pw_name};
}

result<pid_t> start_child(const child_command& command) {
  std::vector<char*> arguments;
  for (const auto& word : command.words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  auto parent = ::getpid();
  auto child = ::fork();
  if (child == 0)
    run_child(command, arguments.data(), parent);
  if (child < 0)
    return fail(errc::database_unavailable, command.words.front() + ": " + std::strerror(errno));
  return child;
}

std::optional<int> reap(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) == child)
    return status;
  return std::nullopt;
}

bool await_exit(pid_t process, milliseconds patience) {
  // glibc 2.36 declares pidfd_open() for C only.
  auto handle = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (handle < 0)
    return errno == ESRCH;
  pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
  auto count = ::poll(&ended, 1, static_cast<int>(patience.count()));
  ::close(handle);
  return count > 0;
}

bool can_enter(const system_user& who, const std::filesystem::path& directory) {
  auto child = ::fork();
  if (child == 0)
    ::_exit(become(who) && ::chdir(directory.c_str()) == 0 ? 0 : 1);
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)
         && WEXITSTATUS(status) == 0;
}

} // namespace serverme::control

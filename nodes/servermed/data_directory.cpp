#include "nodes/servermed/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace serverme::servermed {

namespace {

failure unusable(const std::filesystem::path& path, const std::string& why) {
  return fail(errc::data_dir_unusable, path.string() + ": " + why);
}

std::string reason(int number) { return std::generic_category().message(number); }

} // namespace

data_directory::data_directory(std::filesystem::path path, int lock) noexcept
  : path_{std::move(path)}, lock_{lock} {}

data_directory::data_directory(data_directory&& other) noexcept
  : path_{std::move(other.path_)}, lock_{std::exchange(other.lock_, -1)} {}

data_directory::~data_directory() {
  if (lock_ >= 0)
    ::close(lock_);
}

result<done> data_directory::check_owner(const std::filesystem::path& path) {
  struct stat entry {};
  if (::stat(path.c_str(), &entry) != 0)
    return unusable(path, reason(errno));
  if (entry.st_uid != ::geteuid())
    return unusable(path, "it belongs to another user");
  auto is_shared = (entry.st_mode & S_IWOTH) != 0
                   || ((entry.st_mode & S_IWGRP) != 0 && entry.st_gid != ::getegid());
  if (is_shared)
    return unusable(path, "others can write to it");
  return done{};
}

result<data_directory> data_directory::open(const std::filesystem::path& path) {
  if (path.empty())
    return fail(errc::data_dir_unusable, "no directory is named: use --data-dir");
  std::error_code error;
  auto whole = std::filesystem::absolute(path, error);
  auto is_new = !error && std::filesystem::create_directories(whole, error);
  if (error)
    return unusable(path, error.message());
  // Others may pass through to what they may read (PostgreSQL runs as another user), not look
  // around.
  if (is_new && ::chmod(whole.c_str(), 0711) != 0)
    return unusable(whole, reason(errno));
  if (auto checked = check_owner(whole); !checked)
    return fail(checked.error());
  auto lock = ::open((whole / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0)
    return unusable(whole, reason(errno));
  // The kernel gives the lock back however we end: no stale file can lie about it.
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail(errc::already_running, whole.string());
  }
  return data_directory{std::move(whole), lock};
}

} // namespace serverme::servermed

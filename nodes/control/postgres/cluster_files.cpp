#include "nodes/control/postgres/cluster_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace serverme::control {

namespace fs = std::filesystem;

namespace {

// sun_path has 108 bytes, the last of them zero.
constexpr std::size_t socket_path_max = 107;
constexpr std::string_view socket_name = "/.s.PGSQL.5432";
const fs::path debian_programs = "/usr/lib/postgresql";
const fs::path shared_home = "/var/lib/serverme";

failure unusable(const fs::path& path, std::string_view why) {
  return fail(errc::data_dir_unusable, path.string() + ": " + std::string{why});
}

failure unusable(const fs::path& path) { return unusable(path, std::strerror(errno)); }

/// Ours, for others to pass through at most: nothing that root writes may be theirs to replace.
result<done> make_passable_directory(const fs::path& path) {
  auto is_passable
    = (::mkdir(path.c_str(), 0711) == 0 || errno == EEXIST) && ::chmod(path.c_str(), 0711) == 0;
  if (!is_passable)
    return unusable(path);
  return done{};
}

result<fs::path> make_temporary_directory(const fs::path& parent) {
  auto path = (parent / "serverme-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr)
    return unusable(parent);
  return fs::path{path};
}

/// Reads line `number`, counted from 0.
std::string line_of(const std::vector<std::string>& lines, std::size_t number) {
  return number < lines.size() ? lines[number] : std::string{};
}

std::vector<std::string> read_lines(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

bool write_file(const fs::path& file, const std::string& text) {
  {
    std::ofstream out{file, std::ios::trunc};
    out << text;
    if (!out.flush())
      return false;
  }
  return ::chmod(file.c_str(), 0644) == 0; // its reader may be another user; it holds no secret
}

/// 15 of "15" or "9.6"; 0: none.
int leading_number(std::string_view text) {
  int version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

bool has_programs(const fs::path& directory) {
  return ::access((directory / "postgres").c_str(), X_OK) == 0
         && ::access((directory / "initdb").c_str(), X_OK) == 0;
}

fs::path newest_debian_programs() {
  fs::path newest;
  int newest_version = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{debian_programs, none}) {
    auto version = leading_number(entry.path().filename().string());
    if (version > newest_version && has_programs(entry.path() / "bin")) {
      newest = entry.path() / "bin";
      newest_version = version;
    }
  }
  return newest;
}

fs::path programs_of_path() {
  const auto* path = std::getenv("PATH");
  std::istringstream folders{path != nullptr ? path : ""};
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.starts_with('/') && has_programs(folder)) // not whatever lies where we were started
      return folder;
  }
  return {};
}

} // namespace

std::optional<running_cluster> find_running(const fs::path& cluster) {
  // Lines of postmaster.pid (PostgreSQL's miscadmin.h): process, cluster, start, port, socket
  // directory, address, shared memory, status.
  auto lines = read_lines(cluster / "postmaster.pid");
  running_cluster found{.process = leading_number(line_of(lines, 0)),
                        .socket_directory = line_of(lines, 4),
                        .is_ready = line_of(lines, 7).starts_with("ready")};
  if (found.process <= 0)
    return std::nullopt;
  // The number may be another process's by now: the server is its cluster's owner and works there.
  auto process = "/proc/" + std::to_string(found.process);
  struct stat runs_as {};
  struct stat owned_by {};
  if (::stat(process.c_str(), &runs_as) != 0 || ::stat(cluster.c_str(), &owned_by) != 0
      || runs_as.st_uid != owned_by.st_uid)
    return std::nullopt;
  std::error_code gone;
  auto works_in = fs::read_symlink(process + "/cwd", gone);
  if (gone || works_in != fs::weakly_canonical(cluster, gone))
    return std::nullopt;
  return found;
}

bool names_dead_process(const fs::path& cluster) {
  auto number = leading_number(line_of(read_lines(cluster / "postmaster.pid"), 0));
  return number > 0 && ::access(("/proc/" + std::to_string(number)).c_str(), F_OK) != 0;
}

result<system_user> choose_user(const fs::path& data_dir) {
  struct stat entry {};
  auto cluster = data_dir / "postgres" / "cluster";
  auto exists = ::stat(cluster.c_str(), &entry) == 0;
  if (::geteuid() != 0) {
    if (exists && entry.st_uid != ::geteuid())
      return unusable(cluster, "belongs to another user");
    return find_user(::geteuid());
  }
  if (exists && entry.st_uid != 0)
    return find_user(entry.st_uid);
  for (const auto* name : {"postgres", "nobody"}) {
    if (auto user = find_user(name))
      return *user;
  }
  return fail(errc::data_dir_unusable, "PostgreSQL does not run as root: there is no user "
                                       "'postgres' or 'nobody' to run it as");
}

result<fs::path> open_home(const fs::path& data_dir, const system_user& user) {
  auto home = data_dir / "postgres";
  std::error_code none;
  if (fs::is_symlink(home, none))
    home = fs::read_symlink(home, none);
  else if (!fs::exists(home, none) && !can_enter(user, data_dir)) {
    // Such as /root, which only root may enter, and which we do not open to others.
    if (auto made = make_passable_directory(shared_home); !made)
      return fail(made.error());
    auto elsewhere = make_temporary_directory(shared_home);
    if (!elsewhere)
      return elsewhere;
    fs::create_symlink(*elsewhere, home, none);
    if (none)
      return unusable(home, none.message());
    home = *elsewhere;
  }
  if (auto made = make_passable_directory(home); !made)
    return fail(made.error());
  if (!can_enter(user, home))
    return unusable(home, "user " + user.name + " cannot enter it");
  return home;
}

result<done> make_private_directory(const fs::path& path, const system_user& user) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return unusable(path);
  if (::geteuid() == 0 && ::lchown(path.c_str(), user.uid, user.gid) != 0)
    return unusable(path);
  return done{};
}

result<fs::path> open_socket_directory(const fs::path& home, const system_user& user) {
  auto directory = home / "socket";
  if (directory.string().size() + socket_name.size() > socket_path_max) {
    const auto* runtime = std::getenv("XDG_RUNTIME_DIR");
    auto is_ours
      = runtime != nullptr && ::geteuid() == user.uid && std::strlen(runtime) < socket_path_max / 2;
    auto made = make_temporary_directory(is_ours ? runtime : "/tmp");
    if (!made)
      return made;
    directory = *made;
  }
  if (auto made = make_private_directory(directory, user); !made)
    return fail(made.error());
  return directory;
}

result<done> write_access_rules(const fs::path& home, const system_user& user) {
  auto rules = write_file(home / "pg_hba.conf", "local all serverme peer map=servermed\n");
  auto names = write_file(home / "pg_ident.conf",
                          "servermed root serverme\nservermed \"" + user.name + "\" serverme\n");
  if (!rules || !names)
    return unusable(home);
  return done{};
}

result<fs::path> find_programs(const fs::path& cluster) {
  auto made_by = line_of(read_lines(cluster / "PG_VERSION"), 0);
  auto debian = made_by.empty() ? newest_debian_programs() : debian_programs / made_by / "bin";
  if (!debian.empty() && has_programs(debian))
    return debian;
  auto other = programs_of_path();
  if (other.empty())
    return fail(errc::database_unavailable,
                "PostgreSQL" + (made_by.empty() ? "" : " " + made_by)
                  + " is not installed (package postgresql), and no connection string is given");
  return other;
}

} // namespace serverme::control

#include "nodes/control/private_postgres.hpp"

#include "nodes/control/postgres/cluster.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace serverme::control {

namespace fs = std::filesystem;

namespace {

// A command is done in a moment; a node may still be reading its log.
constexpr milliseconds command_patience{2'000};
constexpr milliseconds node_patience{10'000};

/// Whoever runs the server of a data directory holds this; it ends with its process.
result<descriptor> open_lock(const fs::path& data_dir) {
  auto path = data_dir / "postgres.lock";
  descriptor lock{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!lock.is_open())
    return fail(errc::data_dir_unusable, path.string() + ": " + std::strerror(errno));
  return lock;
}

bool try_lock(const descriptor& lock) { return ::flock(lock.value(), LOCK_EX | LOCK_NB) == 0; }

std::string quoted(const std::string& text) {
  std::string out{"'"};
  for (char each : text) {
    if (each == '\'' || each == '\\')
      out += '\\';
    out += each;
  }
  return out + "'";
}

std::string connection_to(const fs::path& socket_directory) {
  return "host=" + quoted(socket_directory.string()) + " port=5432 user=serverme dbname=postgres";
}

/// How its owner started it, and starts it again.
struct owned_server {
  cluster_plan plan;
  fs::path socket_directory;
  descriptor lock;
  /// 0: it has ended.
  pid_t process = 0;
};

struct used_cluster {
  std::string connection_string;
  /// Not when it is borrowed.
  std::optional<owned_server> owned;
};

/// @pre the lock is held
result<cluster_plan> ready_to_start(const fs::path& data_dir) {
  auto plan = plan_cluster(data_dir);
  if (!plan)
    return plan;
  std::error_code none;
  if (!fs::exists(plan->cluster / "PG_VERSION", none)) {
    if (auto made = make_cluster(*plan); !made)
      return fail(made.error());
  }
  if (auto ruled = write_access_rules(plan->home, plan->user); !ruled)
    return fail(ruled.error());
  end_left_behind(plan->cluster);
  return plan;
}

result<fs::path> usable_data_dir(const fs::path& data_dir) {
  std::error_code error;
  auto path = fs::absolute(data_dir, error).lexically_normal();
  fs::create_directories(path, error);
  if (error)
    return fail(errc::data_dir_unusable, path.string() + ": " + error.message());
  return path;
}

/// @pre `lock` is held
result<used_cluster> own_cluster(const fs::path& data_dir, descriptor lock) {
  auto plan = ready_to_start(data_dir);
  if (!plan)
    return fail(plan.error());
  auto sockets = open_socket_directory(plan->home, plan->user);
  if (!sockets)
    return fail(sockets.error());
  auto server = start_server(*plan, *sockets);
  if (!server)
    return fail(server.error());
  return used_cluster{connection_to(*sockets),
                      owned_server{*std::move(plan), *sockets, std::move(lock), *server}};
}

result<used_cluster> borrow_cluster(const fs::path& data_dir) {
  auto running = await(node_patience, [&]() -> std::optional<running_cluster> {
    auto found = find_running(data_dir / "postgres" / "cluster");
    return found && found->is_ready ? found : std::nullopt;
  });
  if (!running)
    return fail(errc::database_unavailable, "PostgreSQL of " + data_dir.string() + " is starting");
  return used_cluster{connection_to(running->socket_directory), std::nullopt};
}

} // namespace

struct private_postgres::state {
  used_cluster used;
};

private_postgres::private_postgres(std::unique_ptr<state> made) : state_{std::move(made)} {}
private_postgres::private_postgres(private_postgres&&) noexcept = default;

private_postgres::~private_postgres() {
  if (state_)
    stop();
}

result<private_postgres> private_postgres::start(const fs::path& data_dir) {
  return open(data_dir, occupied::refuse);
}

result<private_postgres> private_postgres::borrow(const fs::path& data_dir) {
  return open(data_dir, occupied::share);
}

result<private_postgres> private_postgres::open(const fs::path& data_dir, occupied then) {
  auto path = usable_data_dir(data_dir);
  if (!path)
    return fail(path.error());
  auto lock = open_lock(*path);
  if (!lock)
    return fail(lock.error());
  // A node waits: it may be a command that has it, for a moment.
  auto patience = then == occupied::refuse ? command_patience : milliseconds{0};
  auto is_ours = await(patience, [&] { return try_lock(*lock); });
  if (!is_ours && then == occupied::refuse)
    return fail(errc::already_running, path->string());
  auto used = is_ours ? own_cluster(*path, *std::move(lock)) : borrow_cluster(*path);
  if (!used)
    return fail(used.error());
  return private_postgres{std::make_unique<state>(state{*std::move(used)})};
}

const std::string& private_postgres::connection_string() const noexcept {
  return state_->used.connection_string;
}

bool private_postgres::has_ended() {
  auto& owned = state_->used.owned;
  if (owned && owned->process != 0 && reap(owned->process))
    owned->process = 0;
  return owned && owned->process == 0;
}

result<done> private_postgres::start_again() {
  auto& owned = *state_->used.owned;
  end_left_behind(owned.plan.cluster);
  auto server = start_server(owned.plan, owned.socket_directory);
  if (!server)
    return fail(server.error());
  owned.process = *server;
  return done{};
}

void private_postgres::stop() {
  auto owned = std::exchange(state_->used.owned, std::nullopt);
  if (!owned)
    return;
  if (owned->process != 0)
    end_server(owned->process);
  std::error_code none;
  if (owned->socket_directory.parent_path() != owned->plan.home) // a temporary one
    fs::remove_all(owned->socket_directory, none);
}

} // namespace serverme::control

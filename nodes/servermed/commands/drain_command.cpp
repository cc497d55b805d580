// `servermed drain`: stops the node on this machine when its agents and visitors have left it.
//
// The same as SIGTERM, with somebody who waits for the end: for scripts, before a machine is taken
// away. That the process is a node's is proven by the lock that it holds, and it is held by a
// descriptor: a number that another process got meanwhile is never signalled.
#include "net/file.hpp"
#include "nodes/servermed/commands/commands.hpp"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

extern "C" { // glibc 2.36 forgot to say so
#include <sys/pidfd.h>
}

namespace serverme::servermed {

namespace {

constexpr int wait_seconds = 60;

class descriptor {
public:
  explicit descriptor(int number) noexcept : number_{number} {}
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  descriptor& operator=(descriptor&&) = delete;

  int get() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }

private:
  int number_;
};

failure not_running(const std::filesystem::path& data_dir) {
  return fail(errc::data_dir_unusable, data_dir.string() + ": no node is running there");
}

// Only while a node holds it is what ready.json says true.
bool is_locked(const std::filesystem::path& data_dir) {
  descriptor lock{::open((data_dir / "lock").c_str(), O_RDWR | O_CLOEXEC)};
  return lock.is_open() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

result<descriptor> find_process(const std::filesystem::path& data_dir) {
  auto text = net::read_file(data_dir / "ready.json");
  if (!text)
    return not_running(data_dir);
  auto facts = nlohmann::json::parse(*text, nullptr, false);
  if (!facts.is_object() || !facts.contains("pid") || !facts["pid"].is_number_integer())
    return fail(errc::data_dir_unusable, (data_dir / "ready.json").string() + " names no process");
  descriptor process{::pidfd_open(facts["pid"].get<pid_t>(), 0)};
  if (!process.is_open() || !is_locked(data_dir))
    return not_running(data_dir);
  return process;
}

int drain(const std::filesystem::path& data_dir, int patience) {
  auto process = find_process(data_dir);
  if (!process)
    return report(process.error());
  if (::pidfd_send_signal(process->get(), SIGTERM, nullptr, 0) != 0)
    return report(errno == ESRCH
                    ? not_running(data_dir)
                    : fail(errc::data_dir_unusable, "the node belongs to another user: "
                                                      + std::generic_category().message(errno)));
  pollfd end{process->get(), POLLIN, 0};
  auto ended = 0;
  do
    ended = ::poll(&end, 1, patience * 1000);
  while (ended < 0 && errno == EINTR);
  if (ended <= 0)
    return report(fail(errc::already_running, "the node is still stopping"));
  std::cout << "The node has stopped.\n";
  return 0;
}

struct drain_options {
  std::string data_dir;
  int patience = wait_seconds;
};

} // namespace

void add_drain(CLI::App& app, const run_later& run) {
  auto options = std::make_shared<drain_options>();
  auto* command
    = app.add_subcommand("drain", "Stop the node here once agents and visitors left it");
  command->add_option("--data-dir", options->data_dir, "The node's")->type_name("DIR")->required();
  command->add_option("--wait", options->patience, "Seconds to wait for its end")
    ->check(CLI::Range(1, 86'400).description(""))
    ->type_name("N");
  command->callback(
    [run, options] { run([options] { return drain(options->data_dir, options->patience); }); });
}

} // namespace serverme::servermed

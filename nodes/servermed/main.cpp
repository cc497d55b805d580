// servermed: a node of the server, and the commands of its operator.
#include "config/misuse.hpp"
#include "net/descriptor_limit.hpp"
#include "net/heap.hpp"
#include "nodes/servermed/commands/commands.hpp"
#include "nodes/servermed/log.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>

namespace {

constexpr int misused = 2;

int explain(const CLI::App& app, const CLI::ParseError& why) {
  if (why.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
    return app.exit(why); // help, or the version
  using namespace serverme::config;
  std::cerr << "servermed: " << misuse_reason(app, why) << "\n  See `" << typed_command(app)
            << " --help`.\n";
  return misused;
}

} // namespace

int main(int argc, char** argv) {
  using namespace serverme::servermed;
  serverme::net::return_large_buffers();
  serverme::net::raise_descriptor_limit();
  CLI::App app{"ServerMe's server: visitors and agents connect to it.", "servermed"};
  app.get_formatter()->label("REQUIRED", "");
  app.set_help_flag("-h,--help", "Print this");
  app.require_subcommand(1);
  // What a command says itself is on standard error; only a node has a log.
  set_up_log({.level = "off"});

  // Only once the whole command line is understood.
  std::function<int()> chosen;
  run_later run = [&chosen](std::function<int()> what) { chosen = std::move(what); };
  for (auto add :
       {add_dev, add_run, add_init, add_token, add_join, add_leave, add_node, add_drain, add_status,
        add_actors, add_events, add_user, add_key, add_name, add_migrate, add_demo})
    add(app, run);
  // Last: commands would take these over.
  app.set_version_flag("--version", "servermed " SERVERME_VERSION, "Print the version");
  app.footer("Start here:\n  servermed dev --data-dir ./data\n\n"
             "Exit codes: 0 done or stopped, 1 failed, 2 not understood.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    return explain(app, why);
  }
  return chosen ? chosen() : 0;
}

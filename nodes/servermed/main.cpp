// servermed: a node of the server, and the commands of its operator.
#include "net/descriptor_limit.hpp"
#include "nodes/servermed/commands/commands.hpp"

#include <CLI/CLI.hpp>

#include <functional>

int main(int argc, char** argv) {
  using namespace serverme::servermed;
  serverme::net::raise_descriptor_limit();
  CLI::App app{"ServerMe's server: visitors and agents connect to it.", "servermed"};
  app.set_version_flag("--version", "servermed " SERVERME_VERSION);
  app.require_subcommand(1);
  app.footer("Start here:\n  servermed dev --data-dir ./data\n\n"
             "Exit codes: 0 done or stopped, 1 failed, 2 not understood.");

  // Only once the whole command line is understood.
  std::function<int()> chosen;
  run_later run = [&chosen](std::function<int()> what) { chosen = std::move(what); };
  for (auto add : {add_dev, add_run, add_demo, add_migrate, add_user, add_key, add_name})
    add(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    return app.exit(why) == 0 ? 0 : 2;
  }
  return chosen ? chosen() : 0;
}

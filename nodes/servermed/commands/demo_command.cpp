// `servermed demo`: a local service to try a tunnel with.
#include "nodes/servermed/commands/commands.hpp"
#include "nodes/servermed/demo_site.hpp"
#include "nodes/servermed/stop_request.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <thread>

namespace serverme::servermed {

namespace {

int run_demo(const std::string& listen) {
  stop_request stop;
  auto where = net::parse_address(listen);
  if (!where)
    return report(fail(errc::config_invalid, "--listen: " + where.error().detail));
  net::event_loop loop;
  auto site = demo_site::open(loop, *where);
  if (!site)
    return report(site.error());
  std::cout << "Demo site on http://" << net::to_string((*site)->address()) << std::endl;
  std::thread thread{[&loop] { loop.run(); }};
  stop.await();
  loop.stop();
  thread.join();
  return 0;
}

} // namespace

void add_demo(CLI::App& app, const run_later& run) {
  auto listen = std::make_shared<std::string>("127.0.0.1:3000");
  auto* command = app.add_subcommand("demo", "A small site to open a first tunnel to");
  command->add_option("--listen", *listen, "Where it listens")->type_name("HOST:PORT");
  command->callback([run, listen] { run([listen] { return run_demo(*listen); }); });
}

} // namespace serverme::servermed

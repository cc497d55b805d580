// Many idle agents: until standard input ends they stay, and come back when they are lost. A line
// `drop` on it loses them all at once.
#include "bench/load/agent_fleet.hpp"
#include "bench/load/commands.hpp"
#include "net/descriptor_limit.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

namespace serverme::load {

namespace {

/// `--key KEY`, or `--keys FILE` with one a line.
std::vector<std::string> keys_of(const arguments& given) {
  auto file = given.text("keys", "");
  if (file.empty())
    return {given.text("key")};
  std::vector<std::string> keys;
  std::ifstream lines{file};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty())
      keys.push_back(line);
  if (keys.empty())
    give_up("--keys has no key: " + file);
  return keys;
}

/// `--bind http`: a tunnel for each, with a name of the edge's choice; `--inspect 0`: without.
std::optional<endpoint_request> wanted_of(const arguments& given) {
  auto kind = given.text("bind", "none");
  if (kind == "none")
    return {};
  if (kind != "http")
    give_up("--bind is neither none nor http: " + kind);
  auto inspect = given.number("inspect", 1) > 0 ? inspection::on : inspection::off;
  return endpoint_request{.inspect = inspect, .local_label = "nothing"};
}

net::ssl_context tls_of(const arguments& given) {
  auto made = net::make_client_context(
    {.ca_file = given.text("ca"), .alpn = {"serverme/1"}, .only_tls_1_3 = true});
  if (!made)
    give_up("--ca: " + made.error().detail);
  return *made;
}

} // namespace

int run_agents(const arguments& given) {
  net::raise_descriptor_limit();
  net::event_loop loop;
  fleet_setup setup{
    .each = {.server = target_of(given), .tls = tls_of(given), .wanted = wanted_of(given)},
    .count = static_cast<std::size_t>(given.number("count")),
    .api_keys = keys_of(given),
    .concurrency = static_cast<std::size_t>(given.number("concurrency", 128)),
    .tries_max = static_cast<unsigned>(given.number("tries", 10))};
  if (setup.count == 0 || setup.concurrency == 0)
    give_up("--count and --concurrency are 1 at least");
  agent_fleet fleet{loop, std::move(setup),
                    [](const fleet_news& news) { std::printf("%s\n", as_json(news).c_str()); }};
  loop.post([&] { fleet.start(); });
  std::thread{[&] {
    for (std::string line; std::getline(std::cin, line);)
      if (line == "drop")
        loop.post([&] { fleet.drop(); });
    loop.stop();
  }}.detach();
  loop.run();
  std::_Exit(0); // thousands of connections end with the process, at once
}

} // namespace serverme::load

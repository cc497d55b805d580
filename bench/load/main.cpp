// serverme_load COMMAND --name value...: puts load on a tunnel, or answers behind it.
#include "bench/load/commands.hpp"

#include <chrono>
#include <cstdio>
#include <map>

namespace serverme::load {

net::address target_of(const arguments& given) {
  auto parsed = net::parse_address(given.text("target"));
  if (!parsed)
    give_up("--target is no HOST:PORT");
  return *parsed;
}

std::uint64_t now_ns() noexcept {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds{now}.count());
}

std::string as_json(const latency_histogram& latencies) {
  auto us = [](std::uint64_t ns) { return std::to_string(static_cast<double>(ns) / 1000); };
  return "\"count\":" + std::to_string(latencies.count()) + ",\"mean_us\":" + us(latencies.mean())
         + ",\"p50_us\":" + us(latencies.percentile(0.5)) + ",\"p90_us\":"
         + us(latencies.percentile(0.9)) + ",\"p99_us\":" + us(latencies.percentile(0.99))
         + ",\"p999_us\":" + us(latencies.percentile(0.999)) + ",\"max_us\":" + us(latencies.max());
}

} // namespace serverme::load

int main(int count, char** words) {
  using namespace serverme::load;
  const std::map<std::string, int (*)(const arguments&)> commands{
    {"agents", run_agents},
    {"fixed-rate", run_fixed_rate},
    {"ping-pong", run_ping_pong},
    {"bulk", run_bulk},
    {"new-connections", run_new_connections},
    {"services", run_services},
    {"stalled-readers", run_stalled_readers},
    {"relay", run_relay},
    {"websocket", run_websocket},
  };
  auto found = count > 1 ? commands.find(words[1]) : commands.end();
  if (found == commands.end())
    give_up("which command? agents, bulk, fixed-rate, new-connections, ping-pong, relay, services, "
            "stalled-readers or websocket");
  // Lines reach a pipe at once: who started this program waits for them.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return found->second(arguments{count - 2, words + 2});
}

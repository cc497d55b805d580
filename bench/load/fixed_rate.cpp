// Open loop: requests have a time at which they are due, and their latency counts from then. A
// server that stops for a second is seen by all that were due meanwhile, not by one per connection
// (co-ordinated omission).
#include "bench/load/commands.hpp"
#include "bench/load/http_exchange.hpp"

#include <sys/prctl.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

namespace serverme::load {

namespace {

struct schedule {
  std::uint64_t begin = 0;
  std::uint64_t interval = 0;
  std::uint64_t total = 0;
  std::atomic<std::uint64_t> next{0};
};

/// Takes the next request that is due, on a connection of its own, until none is left.
void work(schedule& plan, const net::address& target, const std::string& request,
          latency_histogram& latencies, std::atomic<std::uint64_t>& errors) {
  prctl(PR_SET_TIMERSLACK, 1UL); // else the kernel wakes us up to 50 us late
  std::optional<http_connection> visitor;
  for (;;) {
    auto number = plan.next.fetch_add(1, std::memory_order_relaxed);
    if (number >= plan.total)
      return;
    auto due = plan.begin + number * plan.interval;
    std::this_thread::sleep_until(
      std::chrono::steady_clock::time_point{std::chrono::nanoseconds{due}});
    if (!visitor)
      if (auto socket = blocking_socket::connect(target, 5))
        visitor.emplace(std::move(*socket));
    if (visitor && visitor->send(request) && visitor->receive() == 200) {
      latencies.record(now_ns() - due);
      continue;
    }
    ++errors;
    visitor.reset();
  }
}

} // namespace

int run_fixed_rate(const arguments& given) {
  auto target = target_of(given);
  auto request = get_request(given.text("host"), given.text("path", "/small"));
  auto rate = given.number("rate");
  if (rate < 1)
    give_up("--rate is requests per second, at least 1");
  schedule plan;
  plan.interval = static_cast<std::uint64_t>(1e9 / rate);
  plan.total = static_cast<std::uint64_t>(rate * given.number("seconds"));
  plan.begin = now_ns() + 20'000'000;
  std::vector<latency_histogram> latencies(
    static_cast<std::size_t>(given.number("connections", 64)));
  std::atomic<std::uint64_t> errors{0};
  {
    std::vector<std::jthread> workers;
    workers.reserve(latencies.size());
    for (auto& own : latencies)
      workers.emplace_back([&] { work(plan, target, request, own, errors); });
  }
  auto seconds = static_cast<double>(now_ns() - plan.begin) / 1e9;
  latency_histogram all;
  for (auto& own : latencies)
    all.merge(own);
  std::printf("{\"per_second\":%f,\"errors\":%llu,%s}\n",
              static_cast<double>(all.count()) / seconds,
              static_cast<unsigned long long>(errors.load()), as_json(all).c_str());
  return 0;
}

} // namespace serverme::load

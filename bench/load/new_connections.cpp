// A new connection for each request: accept, look-up, stream, close.
#include "bench/load/commands.hpp"
#include "bench/load/http_exchange.hpp"

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

namespace serverme::load {

int run_new_connections(const arguments& given) {
  auto target = target_of(given);
  auto request = get_request(given.text("host"), given.text("path", "/small"));
  std::vector<latency_histogram> latencies(static_cast<std::size_t>(given.number("workers", 16)));
  std::atomic<std::uint64_t> errors{0};
  auto begin = now_ns();
  auto end = begin + static_cast<std::uint64_t>(given.number("seconds") * 1e9);
  {
    std::vector<std::jthread> workers;
    workers.reserve(latencies.size());
    for (auto& own : latencies)
      workers.emplace_back([&, end] {
        for (auto start = now_ns(); start < end; start = now_ns()) {
          auto socket = blocking_socket::connect(target, 5);
          http_connection visitor{socket ? std::move(*socket) : blocking_socket{}};
          if (visitor.socket().is_open() && visitor.send(request) && visitor.receive() == 200)
            own.record(now_ns() - start);
          else
            ++errors;
        }
      });
  }
  latency_histogram all;
  for (auto& own : latencies)
    all.merge(own);
  auto seconds = static_cast<double>(now_ns() - begin) / 1e9;
  std::printf("{\"per_second\":%f,\"errors\":%llu,%s}\n",
              static_cast<double>(all.count()) / seconds,
              static_cast<unsigned long long>(errors.load()), as_json(all).c_str());
  return 0;
}

} // namespace serverme::load

// What one request's head costs an edge: parsing it, and writing it for the way on.
#include "bench/micro/browser_request.hpp"
#include "protocol/http1/forward.hpp"
#include "protocol/http1/head.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace serverme;

using bench::browser_request;

void parse_request(benchmark::State& state) {
  http1::request_head head;
  for (auto _ : state) {
    std::size_t scanned = 0;
    auto complete = http1::parse_request(as_bytes(browser_request), {}, scanned, head);
    benchmark::DoNotOptimize(complete);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(browser_request.size()));
}
BENCHMARK(parse_request);

void forward_request(benchmark::State& state) {
  http1::request_head head;
  std::size_t scanned = 0;
  if (!http1::parse_request(as_bytes(browser_request), {}, scanned, head))
    return state.SkipWithError("the request does not parse");
  byte_queue out;
  for (auto _ : state) {
    out.clear();
    http1::append_request(out, head,
                          {.visitor_address = "203.0.113.7", .scheme = "https", .host_header = {}});
    benchmark::DoNotOptimize(out.size());
  }
}
BENCHMARK(forward_request);

} // namespace

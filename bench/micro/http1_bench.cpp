// What one request's head costs an edge: parsing it, and writing it for the way on.
#include "protocol/http1/forward.hpp"
#include "protocol/http1/head.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace serverme;

// As a browser sends it.
constexpr std::string_view request{"GET /products/42?ref=home HTTP/1.1\r\n"
                                   "Host: shop.example.com\r\n"
                                   "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\n"
                                   "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
                                   "Accept-Language: en-US,en;q=0.5\r\n"
                                   "Accept-Encoding: gzip, deflate, br\r\n"
                                   "Connection: keep-alive\r\n"
                                   "Cookie: session=0123456789abcdef0123456789abcdef\r\n"
                                   "Upgrade-Insecure-Requests: 1\r\n"
                                   "Cache-Control: max-age=0\r\n\r\n"};

void parse_request(benchmark::State& state) {
  http1::request_head head;
  for (auto _ : state) {
    std::size_t scanned = 0;
    auto complete = http1::parse_request(as_bytes(request), {}, scanned, head);
    benchmark::DoNotOptimize(complete);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(request.size()));
}
BENCHMARK(parse_request);

void forward_request(benchmark::State& state) {
  http1::request_head head;
  std::size_t scanned = 0;
  if (!http1::parse_request(as_bytes(request), {}, scanned, head))
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

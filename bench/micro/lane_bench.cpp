// What a lane costs without its socket: a small request there and back, and bulk.
#include "bench/micro/lane_pair.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace serverme;

void small_request(benchmark::State& state) {
  bench::lane_pair pair;
  pair.agent_side.answer.assign(1024, 'x');
  const std::string request(400, 'r');
  const lane::open message{.endpoint = {7}, .visitor_address = "203.0.113.7"};
  for (auto _ : state)
    if (!pair.exchange(message, request))
      return state.SkipWithError("the lane broke");
}
BENCHMARK(small_request);

void bulk_chunk(benchmark::State& state) {
  bench::lane_pair pair;
  const std::string chunk(64 * 1024, 'x');
  auto stream = pair.open_bulk();
  if (!stream)
    return state.SkipWithError("no stream");
  for (auto _ : state)
    if (!pair.send_chunk(*stream, as_bytes(chunk)))
      return state.SkipWithError("the lane does not take it");
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(chunk.size()));
}
BENCHMARK(bulk_chunk);

} // namespace

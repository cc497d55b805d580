// What a look-up and a change cost in a map of many names.
#include "protocol/route_map.hpp"

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <string>
#include <vector>

namespace {

using namespace serverme;

std::string host(std::size_t number) { return "tunnel-" + std::to_string(number) + ".example.com"; }

route_map filled(std::size_t count) {
  route_map map;
  std::vector<route_change> changes;
  for (std::size_t i = 0; i < count; ++i)
    changes.push_back(
      {{.host = host(i)},
       std::make_shared<route>(route{.endpoint = {i + 1}, .host = host(i), .session = {i + 1}})});
  map.apply(changes);
  return map;
}

std::size_t allocated() {
  auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

void find_host(benchmark::State& state) {
  auto count = static_cast<std::size_t>(state.range(0));
  auto before = allocated();
  auto map = filled(count);
  state.counters["bytes_per_name"]
    = static_cast<double>(allocated() - before) / static_cast<double>(count);
  std::vector<std::string> wanted;
  for (std::size_t i = 0; i < 4096; ++i)
    wanted.push_back(host(i * 7919 % count));
  std::size_t next = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(map.find_host(wanted[next++ % wanted.size()]));
}
BENCHMARK(find_host)->Arg(1'000)->Arg(50'000)->Arg(1'000'000);

void change_one_name(benchmark::State& state) {
  auto map = filled(static_cast<std::size_t>(state.range(0)));
  std::uint64_t generation = 1;
  for (auto _ : state) {
    auto snapshot = map;
    map.put({.endpoint = {1}, .host = host(0), .session = {1}, .generation = {++generation}});
    benchmark::DoNotOptimize(snapshot.size());
  }
}
BENCHMARK(change_one_name)->Arg(1'000)->Arg(50'000)->Arg(1'000'000);

} // namespace

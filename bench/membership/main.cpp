// membership_figures [SEED]: prints the tables of docs/membership.md.
#include "bench/membership/experiments.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace serverme;
using namespace serverme::bench;

namespace {

constexpr auto sizes = std::to_array<std::size_t>({3, 10, 50, 100, 200});

struct spread_of {
  double median = 0;
  double most = 0;
};

spread_of summary(std::vector<double> values) {
  std::ranges::sort(values);
  return {values[values.size() / 2], values.back()};
}

void print_false_deaths(std::uint64_t seed) {
  std::puts(
    "| nodes | loss 0 % | loss 1 % | loss 10 % | a tenth of them paused | node-hours each |");
  std::puts("|---|---|---|---|---|---|");
  for (auto nodes : sizes) {
    // As many node-hours at each size.
    auto time = seconds{24'000 / static_cast<int>(nodes)};
    std::string line = "| " + std::to_string(nodes);
    double hours = 0;
    for (auto [loss, pausing] : {std::pair{0.0, 0.0}, {0.01, 0.0}, {0.1, 0.0}, {0.0, 0.1}}) {
      auto found = measure_false_deaths(nodes, loss, pausing, time, seed);
      std::array<char, 64> text{};
      std::snprintf(text.data(), text.size(), " | %.1f (%.1f)",
                    static_cast<double>(found.deaths) / found.node_hours,
                    static_cast<double>(found.suspicions) / found.node_hours);
      line += text.data();
      hours = found.node_hours;
    }
    std::printf("%s | %.0f |\n", line.c_str(), hours);
    std::fflush(stdout);
  }
}

void print_detection(std::uint64_t seed, tests::cluster::ending how, double loss) {
  std::puts("| nodes | first knows: median | max | all know: median | max | kills |");
  std::puts("|---|---|---|---|---|---|");
  for (auto nodes : sizes) {
    auto found = measure_detection(nodes, nodes >= 100 ? 40 : 100, how, loss, seed);
    auto first = summary(found.first);
    auto all = summary(found.all);
    std::printf("| %zu | %.2f s | %.2f s | %.2f s | %.2f s | %zu |\n", nodes, first.median,
                first.most, all.median, all.most, found.all.size());
    std::fflush(stdout);
  }
}

void print_traffic(std::uint64_t seed) {
  std::puts("| nodes | at rest: bytes/s | messages/s | join storm: all see all after | bytes/s | "
            "messages/s |");
  std::puts("|---|---|---|---|---|---|");
  for (auto nodes : sizes) {
    auto rest = measure_rest(nodes, seed);
    auto storm = measure_join_storm(nodes, seed);
    std::printf("| %zu | %.0f | %.1f | %.2f s | %.0f | %.1f |\n", nodes, rest.bytes_per_second,
                rest.messages_per_second, storm.seconds_taken, storm.bytes_per_second,
                storm.messages_per_second);
    std::fflush(stdout);
  }
}

} // namespace

int main(int argc, char** argv) {
  auto seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  std::printf("Seed %llu. Delay 1 to 10 ms each way.\n\n", static_cast<unsigned long long>(seed));
  std::puts("Living nodes declared dead for each node-hour (in brackets: suspected):\n");
  print_false_deaths(seed);
  std::puts("\nA node killed, its links silent:\n");
  print_detection(seed, tests::cluster::ending::silent, 0);
  std::puts("\nA node killed, its links silent, 10 % loss:\n");
  print_detection(seed, tests::cluster::ending::silent, 0.1);
  std::puts("\nA node killed, its links broken off:\n");
  print_detection(seed, tests::cluster::ending::broken_off, 0);
  std::puts("\nWhat one node sends on average:\n");
  print_traffic(seed);
  return 0;
}

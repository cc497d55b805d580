// What a lane costs without its socket: a small request there and back, and bulk.
#include "protocol/lane/core.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace serverme;

/// Answers each stream at once with `answer`, as a quick local service would.
class answering_side final : public lane::lane_handler, public lane::stream_handler {
public:
  lane::core* core = nullptr;
  std::string answer;
  std::size_t received = 0;

  lane::stream_handler* on_open(lane::stream_id id, const lane::open&, bytes_view) override {
    core->write(id, as_bytes(answer));
    core->finish(id);
    return this;
  }
  void on_control(lane::frame_type, bytes_view) override {}
  void on_pong(microseconds) override {}
  void on_output() override {}

  void on_data(bytes_view bytes) override { received += bytes.size(); }
  void on_finish() override {}
  void on_writable() override {}
  void on_reset(errc) override {}
};

struct lane_pair {
  answering_side edge_side, agent_side;
  lane::window_budget edge_budget{1UL << 30}, agent_budget{1UL << 30};
  lane::core edge{lane::side::edge, {}, edge_side, edge_budget};
  lane::core agent{lane::side::agent, {}, agent_side, agent_budget};
  byte_queue wire;
  time_point now{};

  lane_pair() {
    agent_side.core = &agent;
    edge_side.core = &edge;
    edge.set_peer_window(lane::core_limits{}.window_initial);
    agent.set_peer_window(lane::core_limits{}.window_initial);
  }

  bool carry(lane::core& from, lane::core& to) {
    wire.clear();
    from.fill(wire, 256 * 1024);
    return to.on_bytes(wire.view(), now).has_value();
  }
};

void small_request(benchmark::State& state) {
  lane_pair pair;
  pair.agent_side.answer.assign(1024, 'x');
  const std::string request(400, 'r');
  const lane::open message{.endpoint = {7}, .visitor_address = "203.0.113.7"};
  for (auto _ : state) {
    std::size_t taken = 0;
    auto stream = pair.edge.open_stream(message, as_bytes(request), taken, pair.edge_side);
    if (!stream)
      return state.SkipWithError("no stream");
    pair.edge.finish(*stream);
    if (!pair.carry(pair.edge, pair.agent) || !pair.carry(pair.agent, pair.edge))
      return state.SkipWithError("the lane broke");
  }
}
BENCHMARK(small_request);

void bulk_chunk(benchmark::State& state) {
  lane_pair pair;
  const std::string chunk(64 * 1024, 'x');
  std::size_t taken = 0;
  auto stream = pair.edge.open_stream({.endpoint = {7}}, {}, taken, pair.edge_side);
  if (!stream || !pair.carry(pair.edge, pair.agent))
    return state.SkipWithError("no stream");
  for (auto _ : state) {
    auto written = pair.edge.write(*stream, as_bytes(chunk));
    if (written != chunk.size() || !pair.carry(pair.edge, pair.agent))
      return state.SkipWithError("the lane does not take it");
    pair.agent.consumed(*stream, written, pair.now);
    pair.carry(pair.agent, pair.edge);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(chunk.size()));
}
BENCHMARK(bulk_chunk);

} // namespace

// Two sides of a lane without a socket between them: what frames one gives, the other takes.
#pragma once

#include "protocol/lane/core.hpp"

#include <optional>
#include <string>

namespace serverme::bench {

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

  /// False when the lane broke.
  bool carry(lane::core& from, lane::core& to) {
    wire.clear();
    from.fill(wire, 256 * 1024);
    return to.on_bytes(wire.view(), now).has_value();
  }

  /// One small request there and its answer back.
  bool exchange(const lane::open& message, std::string_view request) {
    std::size_t taken = 0;
    auto stream = edge.open_stream(message, as_bytes(request), taken, edge_side);
    if (!stream)
      return false;
    edge.finish(*stream);
    return carry(edge, agent) && carry(agent, edge);
  }

  /// A stream for send_chunk; empty when the lane broke.
  std::optional<lane::stream_id> open_bulk() {
    std::size_t taken = 0;
    auto stream = edge.open_stream({.endpoint = {7}}, {}, taken, edge_side);
    if (!stream || !carry(edge, agent))
      return {};
    return *stream;
  }

  /// A chunk there, and the window for the next one back.
  bool send_chunk(lane::stream_id stream, bytes_view chunk) {
    auto written = edge.write(stream, chunk);
    if (written != chunk.size() || !carry(edge, agent))
      return false;
    agent.consumed(stream, written, now);
    return carry(agent, edge);
  }
};

} // namespace serverme::bench

// Two lane cores, an edge and an agent, joined by hand; and users that write down what they are
// told.
#pragma once

#include "protocol/lane/core.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serverme::tests {

/// What happened on a stream. A hook runs after it was written down.
struct recorded_stream final : lane::stream_handler {
  void on_data(bytes_view bytes) override {
    received += as_text(bytes);
    if (when_data)
      when_data();
  }
  void on_finish() override {
    finished = true;
    if (when_finish)
      when_finish();
  }
  void on_writable() override {
    ++writable;
    if (when_writable)
      when_writable();
  }
  void on_reset(errc why) override {
    reset = why;
    if (when_reset)
      when_reset();
  }

  lane::stream_id id = 0;
  std::string received;
  bool finished = false;
  int writable = 0;
  std::optional<errc> reset;
  std::function<void()> when_data, when_finish, when_writable, when_reset;
};

/// What happened on a lane; accepts every stream.
struct recorded_lane final : lane::lane_handler {
  lane::stream_handler* on_open(lane::stream_id id, const lane::open& message,
                                bytes_view first) override {
    if (refuses)
      return nullptr;
    auto& made = streams.emplace_back(std::make_unique<recorded_stream>());
    made->id = id;
    made->received = as_text(first);
    last_open = message;
    if (when_open)
      when_open(*made);
    return made.get();
  }
  void on_control(lane::frame_type type, bytes_view payload) override {
    controls.emplace_back(type, as_text(payload));
  }
  void on_pong(microseconds round_trip) override { pongs.push_back(round_trip); }
  void on_output() override { ++outputs; }

  std::vector<std::unique_ptr<recorded_stream>> streams;
  lane::open last_open;
  std::vector<std::pair<lane::frame_type, std::string>> controls;
  std::vector<microseconds> pongs;
  int outputs = 0;
  bool refuses = false;
  std::function<void(recorded_stream&)> when_open;
};

struct seen_frame {
  lane::frame_header header;
  std::string payload;

  bool is(lane::frame_type type, lane::stream_id stream) const {
    return header.type == type && header.stream == stream;
  }
  bool has_fin() const { return (header.flags & lane::flag_fin) != 0; }
};

inline std::vector<seen_frame> frames_of(std::string_view wire) {
  std::vector<seen_frame> out;
  while (wire.size() >= lane::header_bytes) {
    auto header = *lane::read_header(as_bytes(wire));
    out.push_back({header, std::string{wire.substr(lane::header_bytes, header.length)}});
    wire.remove_prefix(lane::header_bytes + header.length);
  }
  return out;
}

inline std::string frame_of(lane::frame_type type, lane::stream_id stream,
                            std::string_view payload = {}, std::uint8_t flags = 0) {
  byte_queue out;
  lane::append_header(out, {.type = type,
                            .flags = flags,
                            .length = static_cast<std::uint16_t>(payload.size()),
                            .stream = stream});
  out.append(payload);
  return std::string{out.text()};
}

inline std::string open_frame(lane::stream_id stream, std::string_view first = {},
                              std::uint8_t flags = 0) {
  byte_queue payload;
  append_to(payload, lane::open{.endpoint = {7}, .visitor_address = "203.0.113.7"});
  payload.append(first);
  return frame_of(lane::frame_type::open, stream, payload.text(), flags);
}

/// One side: a core with its user and its budget.
struct lane_side {
  explicit lane_side(lane::side which, lane::core_limits limits, std::uint32_t peer_window)
    : core{which, limits, user, budget} {
    core.set_peer_window(peer_window);
  }

  std::string take(std::size_t limit = 1024 * 1024) {
    byte_queue out;
    core.fill(out, limit);
    return std::string{out.text()};
  }
  result<done> give(std::string_view wire, time_point now = {}) {
    return core.on_bytes(as_bytes(wire), now);
  }

  lane::window_budget budget{1UL << 40};
  recorded_lane user;
  lane::core core;
};

struct lane_pair {
  explicit lane_pair(lane::core_limits limits = {})
    : edge{lane::side::edge, limits, limits.window_initial},
      agent{lane::side::agent, limits, limits.window_initial} {}

  /// Opens a stream towards the agent, that handler who is told at the edge.
  lane::stream_id open(recorded_stream& who, std::string_view first = {}) {
    std::size_t taken = 0;
    auto id = edge.core.open_stream({.endpoint = {7}}, as_bytes(first), taken, who);
    who.id = id ? *id : 0;
    return who.id;
  }
  std::size_t write(lane_side& from, lane::stream_id id, std::string_view bytes) {
    return from.core.write(id, as_bytes(bytes));
  }
  void carry(lane_side& from, lane_side& to) {
    while (from.core.has_output())
      if (!to.give(from.take(), now))
        return;
  }
  /// Until neither side has anything to say.
  void settle() {
    while (edge.core.has_output() || agent.core.has_output()) {
      carry(edge, agent);
      carry(agent, edge);
    }
  }
  recorded_stream& at_agent(std::size_t index = 0) { return *agent.user.streams.at(index); }

  time_point now{seconds{1000}};
  lane_side edge;
  lane_side agent;
};

} // namespace serverme::tests

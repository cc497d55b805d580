// From the peer's bytes to what happens on streams.
#include "protocol/big_endian.hpp"
#include "protocol/lane/core_state.hpp"

#include <algorithm>
#include <utility>

namespace serverme::lane {

result<done> core::on_bytes(bytes_view bytes, time_point now) {
  auto& s = *state_;
  while (!bytes.empty() && !s.dead) {
    auto outcome = s.take_header(bytes);
    if (outcome && s.in_frame) {
      auto piece = bytes.first(std::min(s.left, bytes.size()));
      bytes = bytes.subspan(piece.size());
      outcome = s.take_payload(piece, now);
    }
    if (!outcome) {
      s.dead = true;
      return outcome;
    }
  }
  return done{};
}

/// Does nothing within a frame.
result<done> core::state::take_header(bytes_view& bytes) {
  if (in_frame)
    return done{};
  auto piece = bytes.first(std::min(header_bytes - head_size, bytes.size()));
  std::ranges::copy(piece, head.begin() + static_cast<std::ptrdiff_t>(head_size));
  head_size += piece.size();
  bytes = bytes.subspan(piece.size());
  if (head_size < header_bytes)
    return done{};
  head_size = 0;
  auto header = read_header(bytes_view{head});
  if (!header)
    return fail(header.error());
  frame = *header;
  return begin_frame();
}

result<done> core::state::begin_frame() {
  left = frame.length;
  in_frame = true;
  skipping = frame.type == frame_type{0} || frame.type > frame_type::edges; // of a newer version
  ++counters.frames_in;
  if (frame.type != frame_type::data)
    return done{};
  if (!was_opened(frame.stream))
    return fail(errc::protocol_violation, "DATA for a stream that was never opened");
  auto* s = find(frame.stream);
  skipping = s == nullptr; // late, after a reset
  if (skipping)
    return done{};
  if (s->fin_received)
    return fail(errc::protocol_violation, "DATA after FIN");
  if (frame.length > s->receivable)
    return fail(errc::protocol_violation, "DATA beyond the window");
  s->receivable -= frame.length;
  return done{};
}

result<done> core::state::take_payload(bytes_view piece, time_point now) {
  left -= piece.size();
  if (frame.type == frame_type::data) {
    auto* s = skipping || piece.empty() ? nullptr : find(frame.stream);
    if (s != nullptr) {
      hold(*s, piece.size(), now);
      counters.bytes_in += piece.size();
      s->handler->on_data(piece);
    }
    return left == 0 ? end_frame(now) : done{};
  }
  // The usual frame comes whole and is read where it lies.
  if (left == 0 && assembled.empty()) {
    in_frame = false;
    return skipping ? done{} : on_frame(piece, now);
  }
  if (!skipping)
    assembled.append(piece);
  return left == 0 ? end_frame(now) : done{};
}

result<done> core::state::end_frame(time_point now) {
  in_frame = false;
  if (frame.type != frame_type::data) {
    auto outcome = skipping ? done{} : on_frame(assembled.view(), now);
    assembled.clear();
    return outcome;
  }
  if ((frame.flags & flag_fin) == 0)
    return done{};
  if (auto* s = find(frame.stream)) {
    s->fin_received = true;
    s->handler->on_finish();
    forget_if_over(frame.stream);
  }
  return done{};
}

result<done> core::state::on_frame(bytes_view payload, time_point now) {
  switch (frame.type) {
    case frame_type::data: return done{};
    case frame_type::open: return on_open(payload, now);
    case frame_type::window: return on_window(payload);
    case frame_type::rst: return on_rst(payload);
    case frame_type::ping: return on_ping(payload, now);
    case frame_type::hello:
    case frame_type::goaway:
    case frame_type::bind:
    case frame_type::bound:
    case frame_type::unbind:
    case frame_type::edges: handler.on_control(frame.type, payload); return done{};
  }
  return done{};
}

result<done> core::state::on_open(bytes_view payload, time_point now) {
  auto id = frame.stream;
  if (me != side::agent || id == 0 || id % 2 != 0 || id <= last_id)
    return fail(errc::protocol_violation, "OPEN with a stream id that is not new");
  if (!peer_window)
    return fail(errc::protocol_violation, "OPEN before HELLO");
  // Each OPEN can make us answer: a peer who does not read our answers is cut off.
  if (is_clogged())
    return fail(errc::too_busy, "the peer opens streams and does not read");
  auto parts = parse_open(payload);
  if (!parts)
    return fail(parts.error());
  if (parts->first_bytes.size() > limits.window_initial)
    return fail(errc::protocol_violation, "OPEN beyond the window");
  return begin_stream(*parts, now);
}

result<done> core::state::begin_stream(open_parts& parts, time_point now) {
  auto id = frame.stream;
  auto first = parts.first_bytes;
  if (streams.size() >= limits.streams_max) {
    last_id = id;
    ++counters.streams_refused;
    send_rst(id, errc::too_busy);
    return done{};
  }
  auto& made = add(id, nullptr);
  made.receivable -= static_cast<std::uint32_t>(first.size());
  hold(made, first.size(), now);
  counters.bytes_in += first.size();
  auto* who = handler.on_open(id, parts.message, first);
  auto* s = find(id);
  if (s == nullptr) {
    // The whole lane was abandoned meanwhile, when the stream had nobody who could be told.
    if (dead && who != nullptr)
      who->on_reset(errc::agent_lost);
    return done{};
  }
  if (who == nullptr) {
    ++counters.streams_refused;
    remove(id);
    send_rst(id, errc::too_busy);
    return done{};
  }
  s->handler = who;
  if ((frame.flags & flag_fin) != 0) {
    s->fin_received = true;
    who->on_finish();
    forget_if_over(id);
  }
  return done{};
}

result<done> core::state::on_rst(bytes_view payload) {
  if (payload.size() < 2 || !was_opened(frame.stream))
    return fail(errc::protocol_violation, "RST for a stream that was never opened");
  auto* s = find(frame.stream);
  if (s == nullptr)
    return done{};
  auto* who = s->handler;
  ++counters.streams_reset;
  remove(frame.stream);
  if (who != nullptr)
    who->on_reset(static_cast<errc>(read_big_endian<std::uint16_t>(payload)));
  return done{};
}

result<done> core::state::on_ping(bytes_view payload, time_point now) {
  if (payload.size() != 8)
    return fail(errc::protocol_violation, "PING is not 8 bytes");
  release_idle_buffers(now);
  if ((frame.flags & flag_ack) == 0) {
    // A peer that floods us with pings hears the answer to some of them.
    if (control.size() + header_bytes + 8 <= limits.control_queue_max) {
      append_header(control, {.type = frame_type::ping, .flags = flag_ack, .length = 8});
      control.append(payload);
      ++counters.frames_out;
      signal();
    }
    return done{};
  }
  if (!ping_open || read_big_endian<std::uint64_t>(payload) != ping_count)
    return done{};
  ping_open = false;
  round_trip = std::chrono::duration_cast<microseconds>(now - ping_sent);
  handler.on_pong(round_trip);
  return done{};
}

} // namespace serverme::lane

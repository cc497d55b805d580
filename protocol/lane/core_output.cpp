// From streams to frames: what goes out at once, what takes turns, and what fill() takes.
#include "protocol/big_endian.hpp"
#include "protocol/lane/core_state.hpp"

#include <algorithm>
#include <utility>

namespace serverme::lane {

namespace {

// One turn of a stream in the ring.
constexpr std::size_t quantum = payload_bytes_max;
// A batch of this size is handed over as it is; a smaller one is copied, and keeps its buffer.
constexpr std::size_t handover_bytes = 32UL * 1024;
// Where the length stands in a header.
constexpr std::size_t length_at = 2;

} // namespace

void core::state::signal() {
  if (!dead && !std::exchange(signalled, true))
    handler.on_output();
}

// Begins a frame at the end of the batch. Frames of data may grow until fill() takes them.
void core::state::begin_tail(const frame_header& header) {
  tail = batch.size();
  tail_stream.reset();
  if (header.type == frame_type::data || header.type == frame_type::open)
    tail_stream = header.stream;
  append_header(batch, header);
  ++counters.frames_out;
}

void core::state::set_tail_length() {
  auto length = static_cast<std::uint16_t>(batch.size() - tail - header_bytes);
  batch.overwrite(tail + length_at, bytes_view{big_endian(length)});
}

std::size_t core::state::extend_tail(stream& to, bytes_view bytes) {
  auto room = payload_bytes_max - (batch.size() - tail - header_bytes);
  auto size = std::min({bytes.size(), room, static_cast<std::size_t>(to.credit)});
  batch.append(bytes.first(size));
  set_tail_length();
  to.credit -= size;
  counters.bytes_out += size;
  return size;
}

std::size_t core::state::write_direct(stream_id id, stream& to, bytes_view bytes) {
  std::size_t written = 0;
  while (written < bytes.size() && to.credit > 0 && batch.size() < limits.batch_bytes) {
    auto full = batch.size() - tail == header_bytes + payload_bytes_max;
    if (tail_stream != id || full)
      begin_tail({.type = frame_type::data, .stream = id});
    written += extend_tail(to, bytes.subspan(written));
  }
  return written;
}

void core::state::send_fin(stream_id id, stream& of) {
  if (std::exchange(of.fin_sent, true) || dead)
    return;
  if (tail_stream != id)
    begin_tail({.type = frame_type::data, .stream = id});
  auto flags = std::to_integer<std::uint8_t>(batch.view()[tail + 1]) | flag_fin;
  batch.overwrite(tail + 1, bytes_view{big_endian(static_cast<std::uint8_t>(flags))});
  tail_stream.reset();
  signal();
}

// Into the batch, where the stream's OPEN is or was: it must not overtake it.
void core::state::send_rst(stream_id id, errc why) {
  if (dead)
    return;
  begin_tail({.type = frame_type::rst, .length = 2, .stream = id});
  batch.append(bytes_view{big_endian(static_cast<std::uint16_t>(why))});
  signal();
}

/// Data stops at batch_bytes; what is beyond are OPEN, RST and FIN that a peer does not read.
bool core::state::is_clogged() const noexcept {
  return batch.size() > limits.batch_bytes + limits.control_queue_max;
}

void core::state::join_ring(stream_id id, stream& who) {
  if (!std::exchange(who.in_ring, true))
    ring.push_back(id);
}

void core::state::leave_ring(stream_id id, stream& who) {
  if (!std::exchange(who.in_ring, false))
    return;
  auto at = std::ranges::find(ring, id);
  if (at - ring.begin() < static_cast<std::ptrdiff_t>(turn))
    --turn;
  ring.erase(at);
}

// One turn at least: a batch that is full each time must not hold up those who wait.
void core::state::take_turns(byte_queue& out, std::size_t limit) {
  limit = std::max(limit, out.size() + 1);
  while (!ring.empty() && out.size() < limit) {
    if (turn >= ring.size())
      turn = 0;
    auto id = ring[turn];
    // It steps on before the stream can leave the ring.
    ++turn;
    take_turn(id, *find(id), out);
  }
}

void core::state::take_turn(stream_id id, stream& s, byte_queue& out) {
  auto size = std::min(s.queue.size(), quantum);
  auto is_last = size == s.queue.size();
  auto fin = is_last && s.finishing;
  append_header(out, {.type = frame_type::data,
                      .flags = fin ? flag_fin : std::uint8_t{0},
                      .length = static_cast<std::uint16_t>(size),
                      .stream = id});
  out.append(s.queue.view().first(size));
  s.queue.consume(size);
  ++counters.frames_out;
  counters.bytes_out += size;
  if (is_last)
    leave_ring(id, s);
  if (s.wants_room && s.queue.size() <= limits.stream_queue_max / 2 && s.credit > 0)
    with_room.push_back(id);
  if (fin) {
    s.fin_sent = true;
    forget_if_over(id);
  }
}

void core::state::tell_who_has_room() {
  for (std::size_t i = 0; i < with_room.size(); ++i) {
    auto* s = find(with_room[i]);
    if (s != nullptr && s->handler != nullptr && std::exchange(s->wants_room, false))
      s->handler->on_writable();
  }
  with_room.clear();
}

bool core::state::has_output() const noexcept {
  return !control.empty() || !window_ids.empty() || !batch.empty() || !ring.empty();
}

bool core::has_output() const noexcept { return state_->has_output(); }

void core::fill(byte_queue& out, std::size_t limit) {
  auto& s = *state_;
  s.signalled = false;
  out.append(s.control.view());
  s.control.clear();
  s.fill_windows(out);
  if (out.empty() && s.batch.size() >= handover_bytes)
    std::swap(out, s.batch);
  else
    out.append(s.batch.view());
  s.batch.clear();
  s.tail_stream.reset();
  s.take_turns(out, limit);
  s.tell_who_has_room();
}

} // namespace serverme::lane

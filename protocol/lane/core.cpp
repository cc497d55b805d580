#include "protocol/lane/core.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

namespace serverme::lane {

namespace {

// One turn of a stream in the ring.
constexpr std::size_t quantum = payload_bytes_max;
// A peer that grants more than this for one stream is broken (as HTTP/2's 2^31 - 1).
constexpr std::uint64_t credit_max = 1UL << 31;
// Buffers larger than this are given back when the lane falls silent.
constexpr std::size_t idle_buffer_bytes = 4096;
// A window may grow even where the round trip is too short to measure.
constexpr microseconds shortest_round_trip{500};
// Paths change: a round trip is measured anew after this while windows are in use.
constexpr seconds round_trip_age_max{5};

struct stream {
  stream_handler* handler = nullptr;
  byte_queue queue;
  std::uint64_t credit = 0;      // bytes the peer still lets us send
  std::uint32_t window = 0;      // bytes we let the peer have on the way
  std::uint64_t receivable = 0;  // of them, not yet used by the peer
  std::uint32_t owed = 0;        // passed on, not yet told to the peer
  std::uint64_t round_bytes = 0; // passed on since round_began
  time_point round_began{};
  bool in_ring = false;
  bool wants_room = false;
  bool finishing = false;
  bool fin_sent = false;
  bool fin_received = false;
};

std::uint32_t read_u32(bytes_view bytes) {
  std::uint32_t out = 0;
  for (auto byte : bytes.first(4))
    out = (out << 8) | std::to_integer<std::uint32_t>(byte);
  return out;
}

} // namespace

struct core::state {
  state(side which, core_limits bounds, lane_handler& who, window_budget& from)
    : me{which}, limits{bounds}, handler{who}, budget{from} {}

  // Input.
  result<done> begin_frame(const frame_header& header);
  result<done> take_payload(bytes_view piece, time_point now);
  result<done> end_frame(time_point now);
  result<done> on_frame(bytes_view payload, time_point now);
  result<done> on_open(bytes_view payload, time_point now);
  result<done> on_window(bytes_view payload);
  void on_rst(bytes_view payload);
  void on_ping(bytes_view payload, time_point now);
  void ping(time_point now);
  void release_idle_buffers();
  bool was_opened(stream_id id) const noexcept;

  // Output.
  void append_frame(frame_type type, std::uint8_t flags, stream_id id, bytes_view payload);
  std::size_t write_direct(stream_id id, stream& to, bytes_view bytes);
  void send_fin(stream_id id, stream& of);
  void send_rst(stream_id id, errc why);
  void join_ring(stream_id id, stream& who);
  void take_turns(byte_queue& out, std::size_t limit, std::vector<stream_id>& with_room);
  void signal();

  stream* find(stream_id id) noexcept;
  stream& add(stream_id id, stream_handler* who);
  void remove(stream_id id);
  void forget_if_over(stream_id id);
  void grow(stream& s, std::size_t count, time_point now);

  side me;
  core_limits limits;
  lane_handler& handler;
  window_budget& budget;
  core_counters counters;
  std::unordered_map<stream_id, stream> streams;
  std::deque<stream_id> ring;
  stream_id last_id = 0;
  std::uint32_t peer_window = 0;

  // The frame that is being read.
  std::byte head[header_bytes];
  std::size_t head_size = 0;
  frame_header frame;
  std::size_t left = 0;
  bool in_frame = false;
  bool skipping = false;
  byte_queue assembled;

  // What waits for fill(). The last data frame of the batch may still grow.
  byte_queue control;
  std::vector<std::byte> batch;
  std::size_t tail = 0; // where that frame begins
  stream_id tail_stream = 0;
  bool signalled = false;

  time_point ping_sent{};
  std::uint64_t ping_count = 0;
  bool ping_open = false;
  microseconds round_trip{0};
  bool dead = false;
};

core::core(side which, core_limits limits, lane_handler& handler, window_budget& budget)
  : state_{std::make_unique<state>(which, limits, handler, budget)} {}

core::~core() {
  for (const auto& [id, stream] : state_->streams)
    state_->budget.give_back(stream.window);
}

// --- streams ------------------------------------------------------------------------------

stream* core::state::find(stream_id id) noexcept {
  auto found = streams.find(id);
  return found == streams.end() ? nullptr : &found->second;
}

stream& core::state::add(stream_id id, stream_handler* who) {
  auto& made = streams[id];
  made.handler = who;
  made.credit = peer_window;
  made.window = limits.window_initial;
  made.receivable = limits.window_initial;
  budget.take(limits.window_initial);
  ++counters.streams_opened;
  last_id = id;
  return made;
}

void core::state::remove(stream_id id) {
  auto found = streams.find(id);
  if (found == streams.end())
    return;
  budget.give_back(found->second.window);
  streams.erase(found);
}

void core::state::forget_if_over(stream_id id) {
  const auto* s = find(id);
  if (s != nullptr && s->fin_sent && s->fin_received)
    remove(id);
}

bool core::state::was_opened(stream_id id) const noexcept {
  return id != 0 && id % 2 == 0 && id <= last_id;
}

// --- input --------------------------------------------------------------------------------

result<done> core::on_bytes(bytes_view bytes, time_point now) {
  auto& s = *state_;
  while (!bytes.empty() && !s.dead) {
    if (!s.in_frame) {
      auto take = std::min(header_bytes - s.head_size, bytes.size());
      std::memcpy(s.head + s.head_size, bytes.data(), take);
      s.head_size += take;
      bytes = bytes.subspan(take);
      if (s.head_size < header_bytes)
        break;
      s.head_size = 0;
      auto header = read_header(bytes_view{s.head});
      auto begun = header ? s.begin_frame(*header) : result<done>{header.error()};
      if (!begun) {
        s.dead = true;
        return begun;
      }
    }
    auto piece = bytes.first(std::min(s.left, bytes.size()));
    bytes = bytes.subspan(piece.size());
    auto outcome = s.take_payload(piece, now);
    if (outcome && s.left == 0 && s.in_frame)
      outcome = s.end_frame(now);
    if (!outcome) {
      s.dead = true;
      return outcome;
    }
  }
  return done{};
}

result<done> core::state::begin_frame(const frame_header& header) {
  frame = header;
  left = header.length;
  in_frame = true;
  skipping = false;
  ++counters.frames_in;
  if (header.type != frame_type::data)
    return done{};
  if (!was_opened(header.stream))
    return fail(errc::protocol_violation, "DATA for a stream that was never opened");
  auto* s = find(header.stream);
  skipping = s == nullptr;
  if (skipping)
    return done{}; // late, after a reset
  if (s->fin_received)
    return fail(errc::protocol_violation, "DATA after FIN");
  if (header.length > s->receivable)
    return fail(errc::protocol_violation, "DATA beyond the window");
  s->receivable -= header.length;
  return done{};
}

result<done> core::state::take_payload(bytes_view piece, time_point now) {
  left -= piece.size();
  if (frame.type == frame_type::data) {
    auto* s = skipping || piece.empty() ? nullptr : find(frame.stream);
    if (s != nullptr) {
      counters.bytes_in += piece.size();
      s->handler->on_data(piece);
    }
    return done{};
  }
  // The usual frame comes whole and is read where it lies.
  if (left == 0 && assembled.empty()) {
    in_frame = false;
    return on_frame(piece, now);
  }
  assembled.append(piece);
  return done{};
}

result<done> core::state::end_frame(time_point now) {
  in_frame = false;
  if (frame.type != frame_type::data) {
    auto whole = std::exchange(assembled, {});
    return on_frame(whole.view(), now);
  }
  if ((frame.flags & flag_fin) == 0)
    return done{};
  if (auto* s = find(frame.stream)) {
    s->fin_received = true;
    auto id = frame.stream;
    s->handler->on_finish();
    forget_if_over(id);
  }
  return done{};
}

result<done> core::state::on_frame(bytes_view payload, time_point now) {
  switch (frame.type) {
    case frame_type::data: return done{};
    case frame_type::open: return on_open(payload, now);
    case frame_type::window: return on_window(payload);
    case frame_type::rst:
      if (payload.size() < 2 || !was_opened(frame.stream))
        return fail(errc::protocol_violation, "RST for a stream that was never opened");
      on_rst(payload);
      return done{};
    case frame_type::ping:
      if (payload.size() != 8)
        return fail(errc::protocol_violation, "PING is not 8 bytes");
      on_ping(payload, now);
      return done{};
    case frame_type::hello:
    case frame_type::goaway:
    case frame_type::bind:
    case frame_type::bound:
    case frame_type::unbind: handler.on_control(frame.type, payload); return done{};
  }
  return done{}; // of a newer version: skipped
}

result<done> core::state::on_open(bytes_view payload, time_point) {
  auto id = frame.stream;
  auto flags = frame.flags;
  if (me != side::agent || id == 0 || id % 2 != 0 || id <= last_id)
    return fail(errc::protocol_violation, "OPEN with a stream id that is not new");
  auto parts = parse_open(payload);
  if (!parts)
    return fail(parts.error());
  auto first = parts->first_bytes;
  if (first.size() > limits.window_initial)
    return fail(errc::protocol_violation, "OPEN beyond the window");
  if (streams.size() >= limits.streams_max) {
    last_id = id;
    ++counters.streams_refused;
    send_rst(id, errc::too_busy);
    return done{};
  }
  add(id, nullptr).receivable -= first.size();
  counters.bytes_in += first.size();
  auto* who = handler.on_open(id, parts->message, first);
  auto* s = find(id);
  if (s == nullptr)
    return done{};
  if (who == nullptr) {
    ++counters.streams_refused;
    remove(id);
    send_rst(id, errc::too_busy);
    return done{};
  }
  s->handler = who;
  if ((flags & flag_fin) != 0) {
    s->fin_received = true;
    who->on_finish();
    forget_if_over(id);
  }
  return done{};
}

result<done> core::state::on_window(bytes_view payload) {
  if (payload.size() != 4 || !was_opened(frame.stream))
    return fail(errc::protocol_violation, "WINDOW for a stream that was never opened");
  auto* s = find(frame.stream);
  if (s == nullptr)
    return done{};
  s->credit += read_u32(payload);
  if (s->credit > credit_max)
    return fail(errc::protocol_violation, "WINDOW beyond 2^31");
  if (s->queue.empty() && std::exchange(s->wants_room, false))
    s->handler->on_writable();
  return done{};
}

void core::state::on_rst(bytes_view payload) {
  auto* s = find(frame.stream);
  if (s == nullptr)
    return;
  auto* who = s->handler;
  auto code = static_cast<errc>((std::to_integer<unsigned>(payload[0]) << 8)
                                | std::to_integer<unsigned>(payload[1]));
  ++counters.streams_reset;
  remove(frame.stream);
  if (who != nullptr)
    who->on_reset(code);
}

void core::state::on_ping(bytes_view payload, time_point now) {
  release_idle_buffers();
  if ((frame.flags & flag_ack) == 0) {
    // A peer that floods us with pings hears the answer to some of them.
    if (control.size() + header_bytes + 8 <= limits.control_queue_max) {
      append_header(control, {.type = frame_type::ping, .flags = flag_ack, .length = 8});
      control.append(payload);
      signal();
    }
    return;
  }
  std::uint64_t count = 0;
  for (auto byte : payload)
    count = (count << 8) | std::to_integer<std::uint64_t>(byte);
  if (!ping_open || count != ping_count)
    return;
  ping_open = false;
  round_trip = std::chrono::duration_cast<microseconds>(now - ping_sent);
  handler.on_pong(round_trip);
}

void core::state::ping(time_point now) {
  ping_open = true;
  ping_sent = now;
  ++ping_count;
  std::byte payload[8];
  for (int i = 0; i < 8; ++i)
    payload[i] = std::byte{static_cast<std::uint8_t>(ping_count >> (8 * (7 - i)))};
  append_header(control, {.type = frame_type::ping, .length = 8});
  control.append(bytes_view{payload});
  signal();
}

// Pings come when a lane is silent: the moment to give memory back.
void core::state::release_idle_buffers() {
  if (batch.empty() && batch.capacity() > idle_buffer_bytes)
    batch = {};
  if (control.empty() && control.capacity() > idle_buffer_bytes)
    control.release();
}

// --- output -------------------------------------------------------------------------------

void core::state::signal() {
  if (!dead && !std::exchange(signalled, true))
    handler.on_output();
}

// Appends to the batch; the frame may grow until fill() takes it.
void core::state::append_frame(frame_type type, std::uint8_t flags, stream_id id,
                               bytes_view payload) {
  tail = batch.size();
  tail_stream = type == frame_type::data || type == frame_type::open ? id : 0;
  byte_queue header;
  append_header(header, {.type = type,
                         .flags = flags,
                         .length = static_cast<std::uint16_t>(payload.size()),
                         .stream = id});
  batch.insert(batch.end(), header.view().begin(), header.view().end());
  batch.insert(batch.end(), payload.begin(), payload.end());
  ++counters.frames_out;
}

std::size_t core::state::write_direct(stream_id id, stream& to, bytes_view bytes) {
  std::size_t written = 0;
  while (written < bytes.size() && to.credit > 0 && batch.size() < limits.batch_bytes) {
    auto rest = bytes.subspan(written);
    auto room = payload_bytes_max;
    auto grows = tail_stream == id && !batch.empty();
    if (grows) {
      room -= batch.size() - tail - header_bytes;
      if (room == 0) {
        tail_stream = 0;
        continue;
      }
    }
    auto size = std::min({rest.size(), room, static_cast<std::size_t>(to.credit)});
    if (grows) {
      batch.insert(batch.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
      auto length = batch.size() - tail - header_bytes;
      batch[tail + 2] = std::byte{static_cast<std::uint8_t>(length >> 8)};
      batch[tail + 3] = std::byte{static_cast<std::uint8_t>(length & 0xff)};
    } else {
      append_frame(frame_type::data, 0, id, rest.first(size));
    }
    to.credit -= size;
    written += size;
  }
  counters.bytes_out += written;
  return written;
}

void core::state::send_fin(stream_id id, stream& of) {
  if (std::exchange(of.fin_sent, true))
    return;
  if (tail_stream == id && !batch.empty()) {
    batch[tail + 1] |= std::byte{flag_fin};
    tail_stream = 0;
  } else {
    append_frame(frame_type::data, flag_fin, id, {});
    tail_stream = 0;
  }
  signal();
}

// In the order of the stream's frames: it must not overtake its OPEN.
void core::state::send_rst(stream_id id, errc why) {
  auto code = static_cast<std::uint16_t>(why);
  const std::byte payload[2] = {std::byte{static_cast<std::uint8_t>(code >> 8)},
                                std::byte{static_cast<std::uint8_t>(code & 0xff)}};
  append_frame(frame_type::rst, 0, id, bytes_view{payload});
  signal();
}

void core::state::join_ring(stream_id id, stream& who) {
  if (!std::exchange(who.in_ring, true))
    ring.push_back(id);
}

void core::state::take_turns(byte_queue& out, std::size_t limit,
                             std::vector<stream_id>& with_room) {
  while (!ring.empty() && out.size() < limit) {
    auto id = ring.front();
    ring.pop_front();
    auto* s = find(id);
    if (s == nullptr)
      continue;
    auto size = std::min(s->queue.size(), quantum);
    auto last = size == s->queue.size();
    auto fin = last && s->finishing && !s->fin_sent;
    append_header(out, {.type = frame_type::data,
                        .flags = fin ? flag_fin : std::uint8_t{0},
                        .length = static_cast<std::uint16_t>(size),
                        .stream = id});
    out.append(s->queue.view().first(size));
    s->queue.consume(size);
    ++counters.frames_out;
    counters.bytes_out += size;
    if (last)
      s->in_ring = false;
    else
      ring.push_back(id);
    if (s->wants_room && s->queue.size() <= limits.stream_queue_max / 2 && s->credit > 0)
      with_room.push_back(id);
    if (fin) {
      s->fin_sent = true;
      forget_if_over(id);
    }
  }
}

bool core::has_output() const noexcept {
  const auto& s = *state_;
  return !s.control.empty() || !s.batch.empty() || !s.ring.empty();
}

void core::fill(byte_queue& out, std::size_t limit) {
  auto& s = *state_;
  s.signalled = false;
  out.append(s.control.view());
  s.control.clear();
  out.append(bytes_view{s.batch});
  s.batch.clear();
  s.tail_stream = 0;
  std::vector<stream_id> with_room;
  s.take_turns(out, limit, with_room);
  for (auto id : with_room) {
    auto* stream = s.find(id);
    if (stream != nullptr && std::exchange(stream->wants_room, false))
      stream->handler->on_writable();
  }
}

// --- what the shell asks for ----------------------------------------------------------------

result<stream_id> core::open_stream(const open& message, bytes_view first, std::size_t& taken,
                                    stream_handler& handler) {
  auto& s = *state_;
  taken = 0;
  if (s.dead || s.me != side::edge)
    return fail(errc::agent_lost);
  if (s.streams.size() >= s.limits.streams_max) {
    ++s.counters.streams_refused;
    return fail(errc::too_busy, "too many streams on this lane");
  }
  auto id = s.last_id + 2;
  auto& made = s.add(id, &handler);
  byte_queue fields;
  append_to(fields, message);
  s.append_frame(frame_type::open, 0, id, fields.view());
  taken = s.write_direct(id, made, first);
  s.signal();
  return id;
}

std::size_t core::write(stream_id id, bytes_view bytes) {
  auto& s = *state_;
  auto* to = s.find(id);
  if (to == nullptr || to->finishing || s.dead)
    return 0;
  std::size_t taken = to->queue.empty() ? s.write_direct(id, *to, bytes) : 0;
  auto rest = bytes.subspan(taken);
  auto room = s.limits.stream_queue_max - std::min(s.limits.stream_queue_max, to->queue.size());
  auto queued = std::min({rest.size(), room, static_cast<std::size_t>(to->credit)});
  if (queued > 0) {
    to->queue.append(rest.first(queued));
    to->credit -= queued;
    s.join_ring(id, *to);
    taken += queued;
  }
  to->wants_room = taken < bytes.size();
  if (taken > 0)
    s.signal();
  return taken;
}

void core::finish(stream_id id) {
  auto& s = *state_;
  auto* of = s.find(id);
  if (of == nullptr || s.dead || std::exchange(of->finishing, true))
    return;
  if (!of->queue.empty())
    return; // rides on the last of it
  s.send_fin(id, *of);
  s.forget_if_over(id);
}

void core::detach(stream_id id) noexcept {
  if (auto* of = state_->find(id))
    of->handler = nullptr;
}

void core::reset(stream_id id, errc why) {
  auto& s = *state_;
  if (s.dead || s.find(id) == nullptr)
    return;
  ++s.counters.streams_reset;
  s.remove(id);
  s.send_rst(id, why);
}

void core::consumed(stream_id id, std::size_t count, time_point now) {
  auto& s = *state_;
  auto* stream = s.find(id);
  if (stream == nullptr || s.dead || count == 0)
    return;
  stream->owed += static_cast<std::uint32_t>(count);
  if (stream->fin_received)
    return;
  s.grow(*stream, count, now);
  // Large windows are told about in smaller parts: the peer then never runs dry.
  auto part = stream->window > 1024 * 1024 ? stream->window / 4 : stream->window / 2;
  if (stream->owed < part)
    return;
  append_header(s.control, {.type = frame_type::window, .length = 4, .stream = id});
  const std::byte payload[4] = {std::byte{static_cast<std::uint8_t>(stream->owed >> 24)},
                                std::byte{static_cast<std::uint8_t>((stream->owed >> 16) & 0xff)},
                                std::byte{static_cast<std::uint8_t>((stream->owed >> 8) & 0xff)},
                                std::byte{static_cast<std::uint8_t>(stream->owed & 0xff)}};
  s.control.append(bytes_view{payload});
  stream->receivable += std::exchange(stream->owed, 0);
  s.signal();
}

// A whole window in less than two round trips: the window is what holds the peer back.
void core::state::grow(stream& s, std::size_t count, time_point now) {
  if (s.round_bytes == 0)
    s.round_began = now;
  s.round_bytes += count;
  if (s.round_bytes < s.window)
    return;
  auto elapsed = now - s.round_began;
  s.round_bytes = 0;
  // Only traffic knows that a measurement is due; the answer serves the next round.
  if (!ping_open && now - ping_sent > round_trip_age_max)
    ping(now);
  if (s.window >= limits.window_max || elapsed > 2 * std::max(round_trip, shortest_round_trip))
    return;
  auto more = std::min(s.window, limits.window_max - s.window);
  if (!budget.try_take(more)) {
    ++counters.windows_refused;
    return;
  }
  ++counters.windows_grown;
  s.window += more;
  s.owed += more;
}

result<done> core::send_control(frame_type type, bytes_view payload) {
  auto& s = *state_;
  if (payload.size() > payload_bytes_max)
    return fail(errc::frame_too_large);
  if (s.control.size() + header_bytes + payload.size() > s.limits.control_queue_max)
    return fail(errc::too_busy, "the peer does not read control frames");
  append_header(s.control, {.type = type, .length = static_cast<std::uint16_t>(payload.size())});
  s.control.append(payload);
  s.signal();
  return done{};
}

void core::ping(time_point now) {
  if (!state_->dead)
    state_->ping(now);
}

void core::set_peer_window(std::uint32_t bytes) noexcept { state_->peer_window = bytes; }

void core::abandon(errc why) {
  auto& s = *state_;
  s.dead = true;
  auto streams = std::exchange(s.streams, {});
  for (auto& [id, stream] : streams)
    s.budget.give_back(stream.window);
  for (auto& [id, stream] : streams)
    if (stream.handler != nullptr)
      stream.handler->on_reset(why);
}

std::size_t core::streams() const noexcept { return state_->streams.size(); }
microseconds core::round_trip() const noexcept { return state_->round_trip; }
const core_counters& core::counters() const noexcept { return state_->counters; }

} // namespace serverme::lane

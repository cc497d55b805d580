// Windows: what each side may still send on a stream, and how a window follows its reader.
#include "protocol/big_endian.hpp"
#include "protocol/lane/core_state.hpp"

#include <algorithm>
#include <utility>

namespace serverme::lane {

namespace {

// A window may grow even where the round trip is too short to measure.
constexpr microseconds shortest_round_trip{500};
// Paths change: a round trip is measured anew after this while windows are in use.
constexpr seconds round_trip_age_max{5};
// Large windows are told about in smaller parts: the peer then never runs dry (measured: a
// quarter).
constexpr std::uint32_t large_window = 1024 * 1024;
// Towards a window that another stream has had, in steps: the kernel's buffers swallow the first
// megabyte for a visitor who reads nothing.
constexpr std::uint32_t proven_step = 8;

} // namespace

result<done> core::state::on_window(bytes_view payload) {
  if (payload.size() != 4 || !was_opened(frame.stream))
    return fail(errc::protocol_violation, "WINDOW for a stream that was never opened");
  auto* s = find(frame.stream);
  if (s == nullptr)
    return done{}; // late, after a reset
  s->credit += read_big_endian<std::uint32_t>(payload);
  if (s->credit > credit_max)
    return fail(errc::protocol_violation, "WINDOW beyond 2^31");
  if (s->credit > 0 && s->queue.size() <= limits.stream_queue_max / 2 && s->handler != nullptr
      && std::exchange(s->wants_room, false))
    s->handler->on_writable();
  return done{};
}

void core::consumed(stream_id id, std::size_t count, time_point now) {
  auto& s = *state_;
  auto* stream = s.find(id);
  if (stream == nullptr || s.dead)
    return;
  // Whoever miscounts must not grant more than the window.
  auto passed_on = static_cast<std::uint32_t>(std::min<std::size_t>(count, stream->held));
  stream->held -= passed_on;
  stream->owed += passed_on;
  if (passed_on == 0 || stream->fin_received)
    return;
  s.grow(*stream, passed_on, now);
  auto part = stream->window > large_window ? stream->window / 4 : stream->window / 2;
  if (stream->owed >= part)
    s.announce(id, *stream);
}

void core::state::hold(stream& s, std::size_t count, time_point now) {
  if (s.held == 0 && s.round_bytes == 0)
    s.round_began = now; // the silence before is nobody's fault
  s.held += static_cast<std::uint32_t>(count);
}

// A whole window in less than two round trips: the window is what holds the peer back. Where
// another stream has had a larger one, half of a window is proof enough: a download behind another
// does not climb again for a second (100 ms round trip).
void core::state::grow(stream& s, std::size_t count, time_point now) {
  s.round_bytes += count;
  if (s.round_bytes < (s.window < proven_window ? s.window / 2 : s.window))
    return;
  auto elapsed = now - std::exchange(s.round_began, now);
  s.round_bytes = 0;
  // Only traffic knows that a measurement is due; the answer serves the next round.
  if (!ping_open && (ping_count == 0 || now - ping_sent > round_trip_age_max))
    ping(now);
  if (s.window >= limits.window_max || elapsed > 2 * std::max(round_trip, shortest_round_trip))
    return;
  if (s.window < proven_window && widen(s, std::min(proven_window, s.window * proven_step)))
    return;
  if (widen(s, s.window + std::min(s.window, limits.window_max - s.window)))
    proven_window = std::max(proven_window, s.window);
  else
    ++counters.windows_refused;
}

bool core::state::widen(stream& s, std::uint32_t window) {
  auto more = window - s.window;
  if (!budget.try_take(more))
    return false;
  if (s.payer != nullptr && !s.payer->try_take(more)) {
    budget.give_back(more);
    return false;
  }
  ++counters.windows_grown;
  s.owed += more;
  s.window = window;
  return true;
}

void core::charge(stream_id id, window_budget& payer) noexcept {
  auto* s = state_->find(id);
  if (s == nullptr || s->payer != nullptr)
    return;
  s->payer = &payer;
  payer.take(s->window);
}

// One WINDOW a stream and fill(): a peer that sends and never reads makes nothing grow here, and
// gets no more credit either.
void core::state::announce(stream_id id, stream& s) {
  if (!std::exchange(s.window_due, true))
    window_ids.push_back(id);
  signal();
}

void core::state::fill_windows(byte_queue& out) {
  for (auto id : window_ids) {
    auto* s = find(id);
    if (s == nullptr || !std::exchange(s->window_due, false) || s->fin_received)
      continue;
    append_header(out, {.type = frame_type::window, .length = 4, .stream = id});
    out.append(bytes_view{big_endian(s->owed)});
    s->receivable += std::exchange(s->owed, 0);
    ++counters.frames_out;
  }
  window_ids.clear();
}

void core::state::ping(time_point now) {
  ping_open = true;
  ping_sent = now;
  ++ping_count;
  append_header(control, {.type = frame_type::ping, .length = 8});
  control.append(bytes_view{big_endian(ping_count)});
  ++counters.frames_out;
  signal();
}

void core::ping(time_point now) {
  if (!state_->dead)
    state_->ping(now);
}

} // namespace serverme::lane

// Streams from their first to their last frame, and what the shell asks for.
#include "protocol/lane/core.hpp"

#include "protocol/lane/core_state.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace serverme::lane {

namespace {

// Streams that ended wait to be used again, so that a request allocates nothing.
constexpr std::size_t spare_max = 64;
// Buffers larger than this are given back when the lane falls silent.
constexpr std::size_t idle_buffer_bytes = 4096;
// Looked at no more often: a flood of pings must not keep us busy with it.
constexpr seconds release_pause{1};
// The last id that the edge may use: the next would not fit.
constexpr stream_id id_max = std::numeric_limits<stream_id>::max() - 1;
// So many ids before the last one, the lane asks to be replaced.
constexpr stream_id id_reserve = 1U << 20;

} // namespace

core::core(side which, core_limits limits, lane_handler& handler, window_budget& budget)
  : state_{std::make_unique<state>(which, limits, handler, budget)} {}

core::~core() {
  for (const auto& [id, stream] : state_->streams)
    state_->give_back(stream);
}

stream* core::state::find(stream_id id) noexcept {
  auto found = streams.find(id);
  return found == streams.end() ? nullptr : &found->second;
}

stream& core::state::add(stream_id id, stream_handler* who) {
  stream* made = nullptr;
  if (spare.empty()) {
    made = &streams[id];
  } else {
    auto node = std::move(spare.back());
    spare.pop_back();
    node.key() = id;
    made = &streams.insert(std::move(node)).position->second;
  }
  made->handler = who;
  made->credit = peer_window.value_or(0);
  made->window = limits.window_initial;
  made->receivable = limits.window_initial;
  budget.take(limits.window_initial);
  ++counters.streams_opened;
  last_id = id;
  return *made;
}

void core::state::remove(stream_id id) {
  auto found = streams.find(id);
  if (found == streams.end())
    return;
  leave_ring(id, found->second);
  if (found->second.window_due)
    std::erase(window_ids, id);
  give_back(found->second);
  // What was announced may be gone with it, and then no fill() follows.
  signalled = signalled && has_output();
  auto node = streams.extract(found);
  if (spare.size() >= spare_max)
    return;
  node.mapped() = {};
  spare.push_back(std::move(node));
}

void core::state::give_back(const stream& s) noexcept {
  budget.give_back(s.window);
  if (s.payer != nullptr)
    s.payer->give_back(s.window);
}

void core::state::forget_if_over(stream_id id) {
  auto* s = find(id);
  if (s == nullptr || !s->finishing || !s->fin_received)
    return;
  if (s->fin_sent)
    remove(id);
  else
    s->handler = nullptr; // what is queued still goes out, and nobody need wait for it
}

bool core::state::was_opened(stream_id id) const noexcept {
  return id != 0 && id % 2 == 0 && id <= last_id;
}

// Pings come when a lane is silent: the moment to give memory back.
void core::state::release_idle_buffers(time_point now) {
  if (now - released_at < release_pause)
    return;
  released_at = now;
  auto release = [](byte_queue& buffer) {
    if (buffer.capacity() > idle_buffer_bytes)
      buffer.release();
  };
  release(batch);
  release(control);
  release(assembled);
  for (auto& [id, stream] : streams)
    release(stream.queue);
}

result<stream_id> core::open_stream(const open& message, bytes_view first, std::size_t& taken,
                                    stream_handler& handler) {
  auto& s = *state_;
  taken = 0;
  if (s.dead || s.me != side::edge || s.last_id >= id_max)
    return fail(errc::agent_lost);
  if (!has_room()) {
    ++s.counters.streams_refused;
    return fail(errc::too_busy,
                s.is_clogged() ? "the agent does not read" : "too many streams on this lane");
  }
  auto id = s.last_id + 2;
  auto& made = s.add(id, &handler);
  s.begin_tail({.type = frame_type::open, .stream = id});
  append_to(s.batch, message);
  s.set_tail_length();
  // A first turn at once, whoever waits: it travels in OPEN and costs no round trip.
  if (s.batch.size() < s.limits.batch_bytes)
    taken = s.extend_tail(made, first);
  s.signal();
  return id;
}

bool core::has_room() const noexcept {
  return state_->streams.size() < state_->limits.streams_max && !state_->is_clogged();
}

bool core::is_used_up() const noexcept { return state_->last_id >= id_max - id_reserve; }

std::size_t core::write(stream_id id, bytes_view bytes) {
  auto& s = *state_;
  auto* to = s.find(id);
  if (to == nullptr || to->finishing || s.dead)
    return 0;
  // Nobody overtakes those who wait for their turn.
  auto taken = s.ring.empty() ? s.write_direct(id, *to, bytes) : 0;
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
  if (of == nullptr || std::exchange(of->finishing, true))
    return;
  of->wants_room = false;
  if (of->queue.empty() || s.dead)
    s.send_fin(id, *of);
  s.forget_if_over(id);
}

void core::reset(stream_id id, errc why) {
  auto& s = *state_;
  auto* of = s.find(id);
  if (of == nullptr)
    return;
  // Both sides have finished: the rest of a whole conversation is on its way.
  if (of->finishing && of->fin_received && !s.dead)
    return;
  ++s.counters.streams_reset;
  s.remove(id);
  s.send_rst(id, why);
}

result<done> core::send_control(frame_type type, bytes_view payload) {
  auto& s = *state_;
  if (payload.size() > payload_bytes_max)
    return fail(errc::frame_too_large);
  if (s.control.size() + header_bytes + payload.size() > s.limits.control_queue_max)
    return fail(errc::too_busy, "the peer does not read control frames");
  append_header(s.control, {.type = type, .length = static_cast<std::uint16_t>(payload.size())});
  s.control.append(payload);
  ++s.counters.frames_out;
  s.signal();
  return done{};
}

void core::set_peer_window(std::uint32_t bytes) noexcept {
  state_->peer_window = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, credit_max));
}

// A handler that is told may end other streams, and destroy their handlers.
void core::abandon(errc why) {
  auto& s = *state_;
  s.dead = true;
  s.control = {};
  s.window_ids.clear();
  s.batch = {};
  s.tail_stream.reset();
  while (!s.streams.empty()) {
    auto first = s.streams.begin();
    auto* who = first->second.handler;
    s.remove(first->first);
    if (who != nullptr)
      who->on_reset(why);
  }
  s.spare.clear();
}

std::size_t core::streams() const noexcept { return state_->streams.size(); }
microseconds core::round_trip() const noexcept { return state_->round_trip; }
const core_counters& core::counters() const noexcept { return state_->counters; }

} // namespace serverme::lane

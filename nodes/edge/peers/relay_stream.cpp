#include "nodes/edge/peers/relay_stream.hpp"

#include "nodes/edge/agent_session.hpp"
#include "nodes/edge/edge_loop.hpp"

#include <utility>

namespace serverme::edge {

// --- one end ------------------------------------------------------------------------------

void relay_stream::end_of::attach(lane::core& core, lane::stream_id id) noexcept {
  core_ = &core;
  id_ = id;
}

void relay_stream::end_of::on_data(bytes_view bytes) {
  if (auto gone_out = other_.send(bytes); gone_out > 0)
    give_back(gone_out);
}

void relay_stream::end_of::on_finish() {
  other_.finish();
  whole_.end_if_over();
}

void relay_stream::end_of::on_writable() {
  if (core_ == nullptr)
    return;
  if (auto gone_out = core_->write(id_, unsent_.view()); gone_out > 0) {
    unsent_.consume(gone_out);
    other_.give_back(gone_out);
  }
  if (!unsent_.empty())
    return;
  unsent_.release();
  if (finished_)
    core_->finish(id_);
  whole_.end_if_over();
}

void relay_stream::end_of::on_reset(errc why) {
  core_ = nullptr;
  whole_.cut(why);
}

void relay_stream::end_of::give_back(std::size_t count) {
  if (core_ != nullptr)
    core_->consumed(id_, count, whole_.home_.now());
}

std::size_t relay_stream::end_of::send(bytes_view bytes) {
  std::size_t gone_out = 0;
  if (core_ != nullptr && unsent_.empty())
    gone_out = core_->write(id_, bytes);
  unsent_.append(bytes.subspan(gone_out));
  return gone_out;
}

void relay_stream::end_of::finish() {
  finished_ = true;
  if (core_ != nullptr && unsent_.empty())
    core_->finish(id_);
}

void relay_stream::end_of::reset(errc why) {
  if (auto* core = std::exchange(core_, nullptr))
    core->reset(id_, why);
}

// --- the whole ----------------------------------------------------------------------------

relay_stream::relay_stream(edge_loop& home, lane::core& peer, lane::stream_id id,
                           lane::open message)
  : home_{home}, message_{std::move(message)} {
  peer_.attach(peer, id);
  peer.charge(id, home.budget_of(message_.account));
}

relay_stream::~relay_stream() {
  peer_.reset(errc::stream_reset);
  agent_.reset(errc::stream_reset);
}

void relay_stream::begin(bytes_view first) {
  agent_.send(first);
  connect();
}

void relay_stream::connect() {
  auto* session = home_.find_session(*message_.session);
  auto* lane = session != nullptr ? session->pick_lane(home_.now()) : nullptr;
  if (lane == nullptr)
    return wait();
  stop_waiting();
  auto message = message_;
  message.session.reset(); // between edges only
  std::size_t taken = 0;
  auto stream = lane->core().open_stream(message, agent_.unsent().view(), taken, agent_);
  if (!stream) {
    ++home_.counters().streams_refused;
    return cut(stream.error().code);
  }
  agent_.attach(lane->core(), *stream);
  agent_.unsent().consume(taken);
  peer_.give_back(taken);
  agent_.on_writable();
}

void relay_stream::wait() {
  if (waiting_)
    return;
  if (home_.is_draining())
    return cut(errc::agent_away); // no agent has got it: it may be asked for elsewhere
  if (!home_.begin_waiting()) {
    ++home_.counters().peers.streams_in_refused;
    return cut(errc::too_busy);
  }
  waiting_ = true;
  waiting_since_ = home_.now();
}

void relay_stream::stop_waiting() {
  if (std::exchange(waiting_, false))
    home_.end_waiting();
}

void relay_stream::on_change() {
  if (waiting_)
    connect();
}

void relay_stream::on_tick(time_point now) {
  if (!waiting_ || now - waiting_since_ < home_.limits().away_patience)
    return;
  ++home_.counters().peers.streams_in_refused;
  cut(errc::agent_away);
}

void relay_stream::on_endpoint_gone(endpoint_id endpoint) {
  if (endpoint == message_.endpoint)
    cut(errc::agent_lost);
}

void relay_stream::on_drain() {
  if (waiting_)
    cut(errc::agent_away);
}

void relay_stream::on_shutdown() { cut(errc::draining); }

void relay_stream::end_if_over() {
  if (!agent_.is_open() || !peer_.has_finished() || !agent_.has_finished())
    return;
  // What their lanes still have to send leaves by itself.
  peer_.detach();
  agent_.detach();
  retire();
}

void relay_stream::cut(errc why) {
  peer_.reset(why);
  agent_.reset(why);
  retire();
}

void relay_stream::retire() {
  if (std::exchange(over_, true))
    return;
  stop_waiting();
  home_.retire(*this);
}

} // namespace serverme::edge

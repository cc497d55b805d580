#include "nodes/edge/tunnel_stream.hpp"

#include "nodes/edge/farewell.hpp"
#include "nodes/edge/peers/way.hpp"

#include <utility>

namespace serverme::edge {

tunnel_stream::tunnel_stream(edge_loop& home, std::unique_ptr<net::channel> visitor)
  : home_{home}, channel_{std::move(visitor)} {}

tunnel_stream::~tunnel_stream() {
  if (core_ != nullptr)
    core_->reset(stream_, errc::stream_reset);
}

tunnel_stream::outcome tunnel_stream::open(const route& where, bytes_view first) {
  auto& there = home_.home_of(where.session);
  if (&there != &home_) {
    move(there);
    return outcome::moved;
  }
  auto along = find_way(home_, where);
  if (along.core == nullptr)
    return wait();
  stop_waiting();
  lane::open message{.endpoint = where.endpoint,
                     .kind = where.kind,
                     .visitor_address = channel_->peer().host,
                     .visitor_port = channel_->peer().port,
                     .server_address = channel_->local().host,
                     .server_port = channel_->local().port};
  std::size_t taken = 0;
  auto stream = open_stream(home_, along, where, std::move(message), first, taken, *this);
  if (!stream) {
    ++home_.counters().streams_refused;
    why_ = stream.error();
    return outcome::refused;
  }
  core_ = along.core;
  forwarded_ = along.leads_to_another_edge;
  stream_ = *stream;
  budget_ = &home_.budget_of(where.owner);
  finishing_ = visitor_ended_ = agent_ended_ = false;
  to_agent_.clear();
  // An earlier answer may still wait in front of this one: it is not this stream's to give back.
  owed_ = 0;
  send(first.subspan(taken));
  return outcome::opened;
}

tunnel_stream::outcome tunnel_stream::wait() {
  if (waiting_)
    return outcome::waiting;
  if (!home_.begin_waiting()) {
    why_ = fail(errc::too_busy, "too many requests wait for agents");
    return outcome::refused;
  }
  waiting_ = true;
  waiting_since_ = home_.now();
  return outcome::waiting;
}

// The connection goes on where the lanes are: bytes then cross no thread.
void tunnel_stream::move(edge_loop& there) {
  stop_waiting();
  channel_->release([&there, make = mover()](net::channel::parts parts) {
    auto shared = std::make_shared<net::channel::parts>(std::move(parts));
    there.loop().post([&there, make, shared] {
      if (there.has_room())
        make(there, net::channel::adopt(there.loop(), std::move(*shared)));
    });
  });
  gone_ = true;
  home_.retire(*this);
}

void tunnel_stream::on_change() {
  if (waiting_ && !gone_)
    look_again();
}

void tunnel_stream::stop_waiting() {
  if (std::exchange(waiting_, false))
    home_.end_waiting();
}

void tunnel_stream::send(bytes_view bytes) {
  if (core_ == nullptr || bytes.empty())
    return;
  if (to_agent_.empty())
    bytes = bytes.subspan(core_->write(stream_, bytes));
  if (bytes.empty())
    return;
  to_agent_.append(bytes);
  regulate();
}

void tunnel_stream::on_writable() {
  if (core_ == nullptr || to_agent_.empty())
    return;
  to_agent_.consume(core_->write(stream_, to_agent_.view()));
  if (!to_agent_.empty())
    return;
  to_agent_.release();
  if (finishing_)
    core_->finish(stream_);
  if (have_both_ended())
    on_both_ended();
  else
    regulate();
}

void tunnel_stream::finish_stream() {
  if (core_ == nullptr || std::exchange(finishing_, true))
    return;
  if (to_agent_.empty())
    core_->finish(stream_);
}

bool tunnel_stream::have_both_ended() const noexcept {
  return visitor_ended_ && agent_ended_ && to_agent_.empty();
}

void tunnel_stream::end_to_agent() {
  visitor_ended_ = true;
  finish_stream();
  if (have_both_ended())
    on_both_ended();
}

void tunnel_stream::end_to_visitor() {
  agent_ended_ = true;
  channel_->finish();
  if (have_both_ended())
    on_both_ended();
}

void tunnel_stream::reset_stream(errc why) {
  if (core_ == nullptr)
    return;
  core_->reset(stream_, why);
  forget_stream();
}

void tunnel_stream::forget_stream() {
  core_ = nullptr;
  to_agent_.clear();
  if (channel_->is_open() && channel_->unsent() > 0)
    charge_ = unsent_charge{*budget_, channel_->unsent()};
}

void tunnel_stream::settle() {
  if (gone_)
    return;
  auto unsent = channel_->unsent();
  charge_.shrink_to(unsent);
  if (core_ == nullptr || owed_ <= unsent)
    return;
  auto passed_on = owed_ - unsent;
  owed_ = unsent;
  core_->consumed(stream_, passed_on, home_.now());
}

void tunnel_stream::leave() {
  if (gone_)
    return;
  stop_waiting();
  reset_stream(errc::stream_reset);
  gone_ = true;
  say_farewell(home_, std::move(channel_), std::move(charge_));
  home_.retire(*this);
}

void tunnel_stream::abort() {
  if (gone_)
    return;
  stop_waiting();
  reset_stream(errc::stream_reset);
  gone_ = true;
  channel_->abort();
  home_.retire(*this);
}

// An end that comes too early must not look like one.
void tunnel_stream::on_shutdown() {
  if (has_stream() || channel_->unsent() > 0)
    return abort();
  stop_waiting();
  gone_ = true;
  channel_->finish();
  channel_->close();
  home_.retire(*this);
}

} // namespace serverme::edge

#include "nodes/edge/raw_visitor.hpp"

#include <utility>

namespace serverme::edge {

raw_visitor::raw_visitor(edge_loop& home, std::unique_ptr<net::channel> visitor,
                         std::string server_name)
  : tunnel_stream{home, std::move(visitor)},
    server_name_{std::move(server_name)},
    since_{home.now()} {}

void raw_visitor::start(bytes_view early) {
  early_.append(early);
  visitor().start(*this);
  connect();
}

void raw_visitor::connect() {
  const auto* where = server_name_.empty() ? home().routes().find_port(visitor().local().port)
                                           : home().routes().find_host(server_name_);
  if (where == nullptr)
    return abort();
  auto opened = open(*where, early_.view());
  if (opened == outcome::refused)
    return abort();
  if (opened == outcome::opened) {
    endpoint_ = where->endpoint;
    bytes_in_ += early_.size();
    early_ = {};
    if (ended_early_)
      end_to_agent();
  }
  regulate();
}

void raw_visitor::look_again() { connect(); }

std::function<void(edge_loop&, std::unique_ptr<net::channel>)> raw_visitor::mover() {
  auto early = std::make_shared<byte_queue>(std::move(early_));
  return [early, name = server_name_](edge_loop& there, std::unique_ptr<net::channel> visitor) {
    there.admit(std::make_unique<raw_visitor>(there, std::move(visitor), name))
      .start(early->view());
  };
}

// Who waits for an agent is not read from: what he sends stays with him.
void raw_visitor::regulate() {
  if (has_left())
    return;
  if (is_waiting() || is_blocked())
    visitor().pause_reading();
  else
    visitor().resume_reading();
}

void raw_visitor::on_bytes(bytes_view bytes) {
  since_ = home().now();
  if (!has_stream()) {
    early_.append(bytes);
    return;
  }
  bytes_in_ += bytes.size();
  send(bytes);
}

void raw_visitor::on_end() {
  if (has_stream())
    end_to_agent();
  else
    ended_early_ = true;
}

void raw_visitor::on_sent() {
  since_ = home().now();
  settle();
}

void raw_visitor::on_closed(const failure&) { end(); }

void raw_visitor::on_data(bytes_view bytes) {
  owe(bytes.size());
  bytes_out_ += bytes.size();
  visitor().write_in_place(bytes);
  settle();
}

void raw_visitor::on_finish() { end_to_visitor(); }

// The other end reset its connection, or could not be reached: so do we.
void raw_visitor::on_reset(errc why) {
  forget_stream();
  cut_short(why);
}

void raw_visitor::end() {
  count();
  leave();
}

void raw_visitor::cut_short(errc why) {
  reset_stream(why);
  count();
  abort();
}

void raw_visitor::count() {
  if (endpoint_.value != 0 && !has_left())
    home().count(endpoint_, 1, bytes_in_, bytes_out_);
}

void raw_visitor::on_tick(time_point now) {
  if (is_waiting()) {
    if (now - waiting_since() >= home().limits().away_patience)
      abort();
    return;
  }
  if (is_blocked() && visitor().peer_now() == net::channel::peer_state::lost)
    return cut_short(errc::stream_reset);
  // A silent connection may stay (a database session over lunch); one that takes nothing may not.
  if (visitor().unsent() == 0)
    since_ = now;
  if (now - since_ >= home().limits().stalled_timeout)
    cut_short(errc::visitor_timeout);
}

void raw_visitor::on_endpoint_gone(endpoint_id endpoint) {
  if (endpoint == endpoint_)
    cut_short(errc::agent_lost);
}

void raw_visitor::on_drain() {
  if (is_waiting())
    abort();
}

} // namespace serverme::edge

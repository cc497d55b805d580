#include "nodes/edge/raw_visitor.hpp"

#include <utility>

namespace serverme::edge {

namespace {

// What a visitor may send before his agent is there.
constexpr std::size_t early_bytes_max = 64 * 1024;

} // namespace

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
  endpoint_ = where->endpoint;
  switch (open(*where, early_.view())) {
    case outcome::opened:
      bytes_in_ += early_.size();
      early_ = {};
      visitor().resume_reading();
      if (ended_early_)
        on_end();
      return;
    case outcome::moved: return;
    case outcome::waiting:
      if (early_.size() >= early_bytes_max)
        visitor().pause_reading();
      return;
    case outcome::refused: return abort();
  }
}

void raw_visitor::look_again() { connect(); }

std::function<void(edge_loop&, std::unique_ptr<net::channel>)> raw_visitor::mover() {
  auto early = std::make_shared<byte_queue>(std::move(early_));
  return [early, name = server_name_](edge_loop& there, std::unique_ptr<net::channel> visitor) {
    there.admit(std::make_unique<raw_visitor>(there, std::move(visitor), name))
      .start(early->view());
  };
}

void raw_visitor::on_bytes(bytes_view bytes) {
  since_ = home().now();
  if (has_stream()) {
    bytes_in_ += bytes.size();
    return send(bytes);
  }
  early_.append(bytes);
  if (early_.size() >= early_bytes_max)
    visitor().pause_reading();
}

void raw_visitor::on_end() {
  if (!has_stream()) {
    ended_early_ = true;
    return;
  }
  if (end_to_agent())
    end();
}

void raw_visitor::on_sent() {
  since_ = home().now();
  settle();
}

void raw_visitor::on_closed(const failure&) { end(); }

void raw_visitor::on_data(bytes_view bytes) {
  owe(bytes.size());
  bytes_out_ += bytes.size();
  visitor().write(bytes);
  settle();
}

void raw_visitor::on_finish() {
  if (end_to_visitor())
    end();
}

// The other end reset its connection, or could not be reached: so do we.
void raw_visitor::on_reset(errc) {
  leave_stream();
  home().count(endpoint_, 1, bytes_in_, bytes_out_);
  abort();
}

void raw_visitor::end() {
  if (endpoint_.value != 0)
    home().count(endpoint_, 1, bytes_in_, bytes_out_);
  leave();
}

void raw_visitor::on_tick(time_point now) {
  if (is_waiting()) {
    if (now - waiting_since() >= home().limits().away_patience)
      abort();
    return;
  }
  // A silent connection may stay (a database session over lunch); one that takes nothing may not.
  if (visitor().unsent() == 0)
    since_ = now;
  if (now - since_ >= home().limits().stalled_timeout)
    on_reset(errc::visitor_timeout);
}

void raw_visitor::on_endpoint_gone(endpoint_id endpoint) {
  if (endpoint != endpoint_)
    return;
  reset_stream(errc::agent_lost);
  on_reset(errc::agent_lost);
}

} // namespace serverme::edge

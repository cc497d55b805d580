#include "actors/transport/wire_scribe.hpp"

#include <atomic>
#include <utility>

namespace serverme::actors {

namespace {

// Of one peer, before others get their turn on CAF's thread.
constexpr std::size_t turn_bytes = std::size_t{256} * 1024;
// What a burst needed is given back.
constexpr std::size_t kept_bytes_max = std::size_t{256} * 1024;

// CAF names connections by their descriptors, which are small: these can never be one.
caf::io::connection_handle fresh_handle() {
  static std::atomic<std::int64_t> last{std::int64_t{1} << 32};
  return caf::io::connection_handle::from_int(++last);
}

template <class Buffer>
void empty(Buffer& buffer) {
  buffer.clear();
  if (buffer.capacity() > kept_bytes_max)
    buffer = {};
}

} // namespace

wire_scribe::wire_scribe(caf::actor_system& system, std::shared_ptr<peer_wire> wire)
  : scribe(fresh_handle()), system_{system}, wire_{std::move(wire)} {}

wire_scribe::~wire_scribe() { remove_from_loop(); }

void wire_scribe::configure_read(caf::io::receive_policy::config how) {
  wanted_ = how.second;
  if (std::exchange(started_, true))
    return;
  // The wire lets go of this when the connection ends, here or there.
  wire_->start([self = caf::intrusive_ptr<wire_scribe>{this}] {
    self->system_.middleman().backend().post([self] { self->read_some(); });
  });
}

void wire_scribe::read_later() {
  if (is_reading_ || !open_ || std::exchange(reading_later_, true))
    return;
  system_.middleman().backend().post([self = caf::intrusive_ptr<wire_scribe>{this}] {
    self->reading_later_ = false;
    self->read_some();
  });
}

void wire_scribe::read_some() {
  if (!open_ || detached())
    return;
  caf::intrusive_ptr<wire_scribe> alive{this};
  auto& backend = system_.middleman().backend();
  auto goes_on = wire_->take(inbox_);
  std::size_t read = 0;
  is_reading_ = true;
  while (open_ && wanted_ > 0 && inbox_.size() >= wanted_ && read < turn_bytes) {
    auto size = wanted_;
    auto part = as_text(inbox_.view().first(size));
    reading_.assign(part.begin(), part.end());
    inbox_.consume(size);
    read += size;
    if (!consume(&backend, reading_.data(), size))
      break;
  }
  is_reading_ = false;
  if (reading_.capacity() > kept_bytes_max)
    reading_ = {};
  if (!open_ || detached())
    return;
  if (inbox_.size() >= wanted_)
    return read_later();
  if (inbox_.empty())
    empty(inbox_);
  if (!goes_on)
    io_failure(&backend, caf::io::network::operation::read);
}

void wire_scribe::flush() {
  if (writing_.empty())
    return;
  wire_->send(as_bytes(std::string_view{writing_.data(), writing_.size()}));
  empty(writing_);
}

void wire_scribe::graceful_shutdown() {
  flush();
  caf::intrusive_ptr<wire_scribe> alive{this};
  detach(&system_.middleman().backend(), false);
}

void wire_scribe::remove_from_loop() {
  if (std::exchange(open_, false))
    wire_->close();
}

} // namespace serverme::actors

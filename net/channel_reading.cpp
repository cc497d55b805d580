// What comes: from the socket, through TLS, to the user.
#include "net/channel_state.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <sys/socket.h>

#include <utility>

namespace serverme::net {

namespace asio = boost::asio;

void channel::state::read_next() {
  // Also while paused: a little is held back, so that an end or a reset is heard at once. While it
  // is taken apart nothing may be read any more: it would be in nobody's hands.
  if (reading || held > 0 || ended || broken || releasing || !socket.is_open())
    return;
  reading = true;
  socket.async_read_some(asio::buffer(first),
                         [self = shared_from_this()](const error_code& error, std::size_t size) {
                           self->reading = false;
                           self->on_read(error, size);
                         });
}

void channel::state::on_read(const error_code& error, std::size_t size) {
  if (releasing) {
    held = size;
    return hand_over();
  }
  if (!socket.is_open() || error == asio::error::operation_aborted)
    return;
  if (broken) {
    if (!error && hears_last_words())
      user->on_bytes({first.data(), size});
    return;
  }
  if (error == asio::error::eof)
    return deliver_end();
  if (error)
    return break_down(lost(error));
  if (paused) {
    held = size;
    return;
  }
  take(size);
  read_next();
}

void channel::state::take(std::size_t size) {
  if (size < first.size()) {
    deliver({first.data(), size});
  } else {
    auto& all = loop.buffers().received;
    std::memcpy(all.data(), first.data(), size);
    size += read_more(std::span{all}.subspan(size));
    deliver({all.data(), size});
  }
}

void channel::state::begin() {
  if (releasing || !socket.is_open() || broken)
    return;
  auto bytes = std::exchange(early, {});
  if (tls.is_set() || !bytes.empty())
    deliver(bytes.view());
  read_next();
}

void channel::state::resume() {
  if (paused || releasing || !socket.is_open() || broken)
    return;
  if (auto size = std::exchange(held, 0); size > 0)
    take(size);
  read_next();
}

// An end or an error shows again at the next read.
std::size_t channel::state::read_more(std::span<std::byte> into) {
  auto got = ::recv(socket.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

void channel::state::deliver(bytes_view bytes) {
  if (tls.is_set())
    return decrypt(bytes);
  if (user != nullptr)
    user->on_bytes(bytes);
}

void channel::state::decrypt(bytes_view bytes) {
  auto& buffers = loop.buffers();
  auto& records = buffers.encrypted;
  records.clear();
  auto step = tls.advance(bytes, buffers.decrypted, records);
  send_wire(records.view());
  records.clear();
  if (!step)
    return break_down(step.error());
  if (step->secured && user != nullptr)
    user->on_secured();
  if (step->plain > 0 && user != nullptr && !broken) {
    loop.begin_delivery();
    user->on_bytes({buffers.decrypted.data(), step->plain});
    loop.end_delivery();
  }
  if (step->ended && !broken)
    deliver_end();
}

void channel::state::deliver_end() {
  if (std::exchange(ended, true))
    return;
  if (lingering) {
    if (out.empty())
      close();
    return;
  }
  if (user != nullptr)
    user->on_end();
}

bool channel::state::hears_last_words() const noexcept {
  return user != nullptr && !paused && !tls.is_set() && !releasing && socket.is_open();
}

// Who answers a request without reading all of it may reset the connection behind the answer. When
// a write tells us of the reset, the answer has not been read yet.
void channel::state::hear_last_words() {
  auto& all = loop.buffers().received;
  while (hears_last_words()) {
    auto size = read_more(all);
    if (size == 0)
      return;
    user->on_bytes({all.data(), size});
  }
}

} // namespace serverme::net

// What goes: from the user, through TLS, to the socket.
#include "net/channel_state.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <utility>

namespace serverme::net {

namespace {

// A queue that a burst made large is given back once it is empty.
constexpr std::size_t queue_kept_bytes = 16 * 1024;
// Frames of 16 KiB in one read of 256 KiB.
constexpr std::size_t in_place_max = 20;

} // namespace

void channel::state::send_now(bytes_view plain) {
  if (broken || finishing || !socket.is_open() || plain.empty())
    return;
  if (!tls.is_set())
    return send_wire(plain);
  auto& records = loop.buffers().encrypted;
  records.clear();
  auto outcome = tls.encrypt(plain, records);
  send_wire(records.view());
  records.clear();
  if (!outcome)
    break_down(outcome.error());
}

void channel::state::send_wire(bytes_view bytes) {
  if (bytes.empty() || !socket.is_open())
    return;
  if (out.empty()) {
    auto sent
      = ::send(socket.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
      return break_down(lost({errno, boost::system::system_category()}));
    if (sent > 0)
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  if (bytes.empty())
    return;
  out.append(bytes);
  await_room();
}

void channel::state::flush_later() {
  if (later.empty())
    return;
  byte_queue all = std::exchange(later, {});
  send_now(all.view());
  // Keeps the memory for the next turn while it is small.
  if (later.empty() && all.capacity() <= queue_kept_bytes) {
    all.clear();
    later = std::move(all);
  }
}

void channel::state::end_turn() {
  auto self = shared_from_this();
  flush_later();
  if (out.empty() && user != nullptr && !broken)
    user->on_sent();
}

void channel::state::await_room() {
  if (std::exchange(writing, true))
    return;
  socket.async_wait(stream_socket::wait_write,
                    [self = shared_from_this()](const error_code& error) {
                      self->writing = false;
                      if (!error && self->socket.is_open() && !self->broken)
                        self->on_room();
                    });
}

void channel::state::on_room() {
  auto sent
    = ::send(socket.native_handle(), out.view().data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
    return break_down(lost({errno, boost::system::system_category()}));
  if (sent > 0)
    out.consume(static_cast<std::size_t>(sent));
  if (!out.empty()) {
    await_room();
  } else {
    if (out.capacity() > queue_kept_bytes)
      out.release();
    if (finishing)
      half_close();
    if (lingering && ended)
      return close();
  }
  if (sent > 0 && user != nullptr)
    user->on_sent();
}

void channel::state::write_in_place(bytes_view bytes) {
  auto can_wait = loop.is_delivering() && out.empty() && later.empty() && !finishing && !broken;
  if (!can_wait || bytes.empty()) {
    flush_in_place();
    flush_later();
    return send_now(bytes);
  }
  if (in_place.empty())
    loop.at_delivery_end(shared_from_this());
  in_place.push_back(bytes);
  in_place_bytes += bytes.size();
  if (in_place.size() >= in_place_max)
    flush_in_place();
}

void channel::state::flush_in_place() {
  if (in_place_bytes == 0)
    return;
  auto left = std::exchange(in_place_bytes, 0);
  if (tls.is_set()) {
    auto& records = loop.buffers().encrypted;
    records.clear();
    for (auto part : in_place) {
      if (auto outcome = tls.encrypt(part, records); !outcome) {
        break_down(outcome.error());
        break;
      }
    }
    send_wire(records.view());
    records.clear();
  } else if (socket.is_open() && !broken) {
    send_parts(left);
  }
  in_place.clear();
}

// Room in the socket is all that decides how much is copied.
void channel::state::send_parts(std::size_t left) {
  std::array<iovec, in_place_max> parts{};
  for (std::size_t i = 0; i < in_place.size(); ++i)
    parts[i] = {const_cast<std::byte*>(in_place[i].data()), in_place[i].size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = in_place.size();
  auto outcome = ::sendmsg(socket.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (outcome < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
    return break_down(lost({errno, boost::system::system_category()}));
  auto sent = outcome > 0 ? static_cast<std::size_t>(outcome) : 0;
  if (sent == left)
    return;
  for (auto part : in_place) {
    auto gone = std::min(sent, part.size());
    sent -= gone;
    out.append(part.subspan(gone));
  }
  await_room();
}

void channel::state::on_delivery_end() {
  // Told also when something that was written behind them took them along: whoever saw them unsent
  // waits for it.
  flush_in_place();
  if (out.empty() && user != nullptr && !broken)
    user->on_sent();
}

void channel::state::half_close() {
  if (!out.empty() || std::exchange(finished, true))
    return;
  error_code ignored;
  socket.shutdown(stream_socket::shutdown_send, ignored);
}

} // namespace serverme::net

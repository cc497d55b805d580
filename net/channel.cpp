#include "net/channel.hpp"

#include "net/channel_state.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <utility>

namespace serverme::net {

namespace asio = boost::asio;

namespace {

// A closing peer that takes nothing for this many linger times is given up.
constexpr int stalls_max = 15;

address read_address(const stream_socket::endpoint_type& from) {
  return address_of(from.data(), from.size());
}

} // namespace

channel::state::state(event_loop& on, stream_socket from) : loop{on}, socket{std::move(from)} {
  error_code ignored;
  peer = read_address(socket.remote_endpoint(ignored));
  local = read_address(socket.local_endpoint(ignored));
  socket.non_blocking(true, ignored);
  if (peer.port != 0) {
    int on_value = 1;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on_value, sizeof on_value);
  }
}

// The last act of this channel: everything that another one needs to go on.
void channel::state::hand_over() {
  parts whole;
  error_code ignored;
  whole.family = socket.local_endpoint(ignored).protocol().family();
  whole.tls = std::move(tls);
  whole.received = std::move(early);
  whole.received.append(bytes_view{first.data(), held});
  whole.unsent = std::move(out);
  if (socket.is_open() && !broken)
    whole.socket = loose_socket{socket.release(ignored)};
  close();
  std::exchange(releasing, nullptr)(std::move(whole));
}

// Who takes bytes keeps the connection; who has taken all, or takes none, has `linger` left.
void channel::state::linger_on(milliseconds linger, std::size_t unsent, int stalls) {
  auto timer = std::make_shared<asio::steady_timer>(loop.context(), linger);
  timer->async_wait([timer, weak = weak_from_this(), linger, unsent, stalls](const error_code&) {
    auto self = weak.lock();
    if (!self || !self->socket.is_open())
      return;
    auto left = self->out.size();
    auto stalled = left < unsent ? 0 : stalls + 1;
    if (left == 0 || stalled >= stalls_max)
      return self->close();
    self->linger_on(linger, left, stalled);
  });
}

// Tells the user from the loop, never from within a call of his.
void channel::state::break_down(failure why) {
  if (std::exchange(broken, true))
    return;
  asio::post(loop.context(), [self = shared_from_this(), why = std::move(why)] {
    self->hear_last_words();
    self->close();
    if (auto* who = std::exchange(self->user, nullptr))
      who->on_closed(why);
  });
}

void channel::state::close() noexcept {
  in_place.clear();
  in_place_bytes = 0;
  error_code ignored;
  socket.close(ignored);
}

channel::channel(event_loop& loop, stream_socket socket)
  : state_{std::make_shared<state>(loop, std::move(socket))} {}

channel::~channel() {
  state_->user = nullptr;
  if (!state_->lingering && !state_->releasing)
    state_->close();
}

void channel::secure(tls_session session, bytes_view received) {
  state_->tls = std::move(session);
  state_->early.append(received);
}

void channel::start(channel_user& user) {
  state_->user = &user;
  // Not from within start(): the user is told from the loop only.
  if (state_->tls.is_set() || !state_->early.empty())
    asio::post(state_->loop.context(), [self = state_] { self->begin(); });
  else
    state_->read_next();
}

void channel::set_user(channel_user& user) noexcept { state_->user = &user; }

void channel::write(bytes_view bytes) {
  state_->flush_in_place();
  state_->flush_later();
  state_->send_now(bytes);
}

void channel::write_in_place(bytes_view bytes) { state_->write_in_place(bytes); }

void channel::write_later(bytes_view bytes) {
  auto& s = *state_;
  if (s.broken || s.finishing)
    return;
  s.flush_in_place();
  s.later.append(bytes);
  if (!s.later_task)
    s.later_task.emplace(s.loop, [raw = &s] { raw->end_turn(); });
  s.later_task->request();
}

std::size_t channel::unsent() const noexcept {
  return state_->out.size() + state_->later.size() + state_->in_place_bytes;
}

void channel::pause_reading() noexcept { state_->paused = true; }

void channel::resume_reading() {
  if (!std::exchange(state_->paused, false))
    return;
  if (state_->held == 0)
    return state_->read_next();
  // Not from within a call of the user's.
  asio::post(state_->loop.context(), [self = state_] { self->resume(); });
}

void channel::finish() {
  auto& s = *state_;
  if (s.finishing || s.broken || !s.socket.is_open())
    return;
  s.flush_in_place();
  s.flush_later();
  if (s.tls.is_set() && s.tls.is_secured()) {
    byte_queue records;
    s.tls.end(records);
    s.send_wire(records.view());
  }
  s.finishing = true;
  s.half_close();
}

void channel::close_gently(milliseconds linger) {
  auto& s = *state_;
  finish();
  s.user = nullptr;
  s.lingering = true;
  if (s.ended && s.out.empty())
    return s.close();
  s.paused = false;
  s.held = 0;
  s.read_next();
  s.linger_on(linger, s.out.size(), 0);
}

void channel::close() noexcept {
  state_->user = nullptr;
  state_->lingering = false;
  state_->close();
}

void channel::abort() noexcept {
  error_code ignored;
  state_->socket.set_option(asio::socket_base::linger{true, 0}, ignored);
  close();
}

bool channel::is_open() const noexcept { return state_->socket.is_open() && !state_->broken; }

channel::peer_state channel::peer_now() const noexcept {
  if (!is_open())
    return peer_state::lost;
  pollfd told{state_->socket.native_handle(), POLLRDHUP, 0};
  ::poll(&told, 1, 0);
  if ((told.revents & POLLERR) != 0)
    return peer_state::lost;
  return told.revents != 0 ? peer_state::ended : peer_state::here;
}

bool channel::has_news() const noexcept {
  auto& s = *state_;
  if (!is_open() || s.ended || s.held > 0)
    return true;
  std::byte one{};
  auto got = ::recv(s.socket.native_handle(), &one, 1, MSG_DONTWAIT | MSG_PEEK);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void channel::release(std::function<void(parts)> done) {
  auto& s = *state_;
  s.flush_in_place();
  s.flush_later();
  s.user = nullptr;
  s.releasing = std::move(done);
  error_code ignored;
  if (s.reading)
    s.socket.cancel(ignored); // on_read() follows, with data or without
  else
    asio::post(s.loop.context(), [self = state_] { self->hand_over(); });
}

std::unique_ptr<channel> channel::adopt(event_loop& loop, parts from) {
  stream_socket socket{loop.context()};
  error_code error{asio::error::bad_descriptor};
  if (auto descriptor = from.socket.take(); descriptor >= 0)
    socket.assign(asio::generic::stream_protocol{from.family, 0}, descriptor, error);
  auto made = std::make_unique<channel>(loop, std::move(socket));
  if (error)
    made->state_->break_down(lost(error));
  made->state_->tls = std::move(from.tls);
  made->state_->early = std::move(from.received);
  made->state_->send_wire(from.unsent.view());
  return made;
}

const address& channel::peer() const noexcept { return state_->peer; }
const address& channel::local() const noexcept { return state_->local; }
event_loop& channel::loop() const noexcept { return state_->loop; }
bool channel::is_tls() const noexcept { return state_->tls.is_set(); }
const tls_session& channel::tls() const noexcept { return state_->tls; }

} // namespace serverme::net

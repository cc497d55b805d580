#include "net/channel.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <utility>

namespace serverme::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// Small, since every idle connection has one; what does not fit is read into the loop's buffer in
// the same turn.
constexpr std::size_t first_read_bytes = 2048;
// A queue that a burst made large is given back once it is empty.
constexpr std::size_t queue_kept_bytes = 16 * 1024;
// A closing peer that takes nothing for this many linger times is given up.
constexpr int stalls_max = 15;

address read_address(const stream_socket::endpoint_type& from) {
  return address_of(from.data(), from.size());
}

failure lost(const error_code& error) { return fail(errc::stream_reset, error.message()); }

} // namespace

struct channel::state : std::enable_shared_from_this<state> {
  state(event_loop& on, stream_socket from) : loop{on}, socket{std::move(from)} {
    error_code ignored;
    peer = read_address(socket.remote_endpoint(ignored));
    local = read_address(socket.local_endpoint(ignored));
    socket.non_blocking(true, ignored);
    if (peer.port != 0) {
      int on_value = 1;
      ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on_value, sizeof on_value);
    }
  }

  void read_next();
  void on_read(const error_code& error, std::size_t size);
  void take(std::size_t size);
  void hand_over();
  void resume();
  void begin();
  void linger_on(milliseconds linger, std::size_t unsent, int stalls);
  std::size_t read_more(std::span<std::byte> into);
  void deliver(bytes_view bytes);
  void decrypt(bytes_view bytes);
  void deliver_end();

  void send_now(bytes_view plain);
  void send_wire(bytes_view bytes);
  void flush_later();
  void end_turn();
  void await_room();
  void on_room();
  void half_close();
  bool hears_last_words() const noexcept;
  void hear_last_words();
  void break_down(failure why);
  void close() noexcept;

  event_loop& loop;
  stream_socket socket;
  channel_user* user = nullptr;
  address peer, local;
  tls_session tls;
  byte_queue out;   // as it goes to the socket
  byte_queue later; // plaintext, until the end of the turn
  byte_queue early; // received before this channel was started
  std::function<void(parts)> releasing;
  std::optional<turn_task> later_task;
  std::array<std::byte, first_read_bytes> first;
  std::size_t held = 0; // bytes of `first` that came although the user had paused
  bool reading = false;
  bool paused = false;
  bool writing = false;
  bool finishing = false;
  bool finished = false;
  bool ended = false;
  bool lingering = false;
  bool broken = false;
};

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
  if (step->plain > 0 && user != nullptr && !broken)
    user->on_bytes({buffers.decrypted.data(), step->plain});
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

void channel::state::half_close() {
  if (!out.empty() || std::exchange(finished, true))
    return;
  error_code ignored;
  socket.shutdown(stream_socket::shutdown_send, ignored);
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
  state_->flush_later();
  state_->send_now(bytes);
}

void channel::write_later(bytes_view bytes) {
  auto& s = *state_;
  if (s.broken || s.finishing)
    return;
  s.later.append(bytes);
  if (!s.later_task)
    s.later_task.emplace(s.loop, [raw = &s] { raw->end_turn(); });
  s.later_task->request();
}

std::size_t channel::unsent() const noexcept { return state_->out.size() + state_->later.size(); }

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

// One duplex stream of bytes on a loop: a TCP or Unix socket, plain or under TLS.
//
// The only thing on the byte path that calls the kernel or OpenSSL. Visitors, lanes and local
// services are all channels; what they mean is up to the user.
#pragma once

#include "net/address.hpp"
#include "net/event_loop.hpp"
#include "net/loose_socket.hpp"
#include "net/tls.hpp"
#include "protocol/bytes.hpp"
#include "protocol/result.hpp"

#include <boost/asio/generic/stream_protocol.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace serverme::net {

/// TCP or Unix; open and connected.
using stream_socket
  = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, event_loop::executor>;

class channel;

/// What happens on a channel. Every call comes from the loop, never from within a call into the
/// channel. on_closed is the last one; after it the user may destroy the channel at once, even
/// from within. Destroying the channel ends all calls.
class channel_user {
public:
  /// The TLS handshake is done. Not called on a plain channel.
  virtual void on_secured() {}
  /// Valid during the call only. The user must take it all: to be given less, pause_reading().
  virtual void on_bytes(bytes_view bytes) = 0;
  /// The peer sent its last byte (half-close).
  virtual void on_end() = 0;
  /// Some of what was written has left: unsent() fell.
  virtual void on_sent() = 0;
  /// Gone: reset, failed handshake, protocol error. Not called after close().
  virtual void on_closed(const failure& why) = 0;

protected:
  ~channel_user() = default;
};

class channel {
public:
  /// Takes over a connected socket. Nothing is read before start().
  channel(event_loop& loop, stream_socket socket);
  ~channel();
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  /// Under TLS from now on. `received`: bytes of the peer that were read before (a ClientHello
  /// that was peeked at).
  void secure(tls_session session, bytes_view received = {});
  /// Begins reading, for `user`, who outlives the channel or is replaced with set_user().
  void start(channel_user& user);
  void set_user(channel_user& user) noexcept;

  /// Takes all of it and sends at once what the socket has room for. What is left waits: look at
  /// unsent(), or it grows.
  void write(bytes_view bytes);
  /// As write(), of bytes that lie in what a lane is being given: they are not copied, and leave
  /// together when that call returns, or before anything else is written here. unsent() counts them
  /// until then. Outside of such a call, as write().
  void write_in_place(bytes_view bytes);
  /// As write(), but leaves at the end of the turn together with all else of this turn.
  void write_later(bytes_view bytes);
  /// Bytes that the kernel has not taken yet.
  std::size_t unsent() const noexcept;

  /// The peer's end or reset is still told, unless more than a little came before it.
  void pause_reading() noexcept;
  void resume_reading();
  /// Half-close, after what is queued.
  void finish();
  /// Closes after what is queued has left (while the peer takes some of it) and the peer has closed
  /// too, or `linger` later; what it still sends is dropped. Closing at once could reset the
  /// connection before the peer has read our last bytes (RFC 9112, section 9.6). No more calls to
  /// the user; the channel may be destroyed.
  void close_gently(milliseconds linger);
  /// Closes now; no more calls to the user.
  void close() noexcept;
  /// Closes so that the peer sees a reset, not an end: what it got is not all there was.
  void abort() noexcept;
  bool is_open() const noexcept;
  /// Asks the kernel whether the peer has sent, ended or broken something that was not read yet: an
  /// idle connection that should be silent is of no more use then.
  bool has_news() const noexcept;

  /// What the kernel knows of the peer, be it that bytes of his still wait to be read: who has
  /// paused reading is not told otherwise.
  enum class peer_state : unsigned char { here, ended, lost };
  peer_state peer_now() const noexcept;

  /// Taken apart, to move to another loop.
  struct parts {
    /// Empty when the connection was lost meanwhile: the channel made of it says so to its user.
    loose_socket socket;
    int family = 0;
    tls_session tls;
    /// From the peer, as it came from the socket, not yet given to a user.
    byte_queue received;
    /// For the peer, as it goes to the socket, not yet taken by it.
    byte_queue unsent;
  };
  /// Ends all calls to the user; `done` gets the parts from the loop, once a read that is under way
  /// has been stopped. The channel may be destroyed at once.
  void release(std::function<void(parts)> done);
  /// On the thread of `loop`. Call start() on the result.
  static std::unique_ptr<channel> adopt(event_loop& loop, parts from);

  const address& peer() const noexcept;
  const address& local() const noexcept;
  event_loop& loop() const noexcept;
  bool is_tls() const noexcept;
  /// @pre is_tls()
  const tls_session& tls() const noexcept;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace serverme::net

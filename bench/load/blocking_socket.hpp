// A TCP connection that blocks: one thread, one conversation. The load shares no event loop with
// what it measures, so a flaw of ours cannot hide in its own yardstick.
#pragma once

#include "net/address.hpp"
#include "net/openssl_ptr.hpp"
#include "protocol/bytes.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace serverme::load {

class blocking_socket {
public:
  blocking_socket() = default;
  explicit blocking_socket(int descriptor) noexcept : descriptor_{descriptor} {}
  blocking_socket(blocking_socket&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, tls_{std::move(other.tls_)} {}
  blocking_socket& operator=(blocking_socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(tls_, other.tls_);
    return *this;
  }
  ~blocking_socket();

  /// Nagle off; every read and write gives up after `patience_seconds` (0: never).
  /// Empty when it is refused.
  static std::optional<blocking_socket> connect(const net::address& where, int patience_seconds,
                                                int receive_buffer = 0);

  /// Speaks TLS from here on; false when the handshake fails. `server_name` is what the certificate
  /// must be for.
  bool secure(SSL_CTX& context, const std::string& server_name);

  /// False when the peer is gone or does not take it in time.
  bool send_all(bytes_view bytes) noexcept;
  /// 0 when the peer is gone, or nothing came in time.
  std::size_t receive(std::span<std::byte> room) noexcept;
  bool receive_all(std::span<std::byte> room) noexcept;
  void finish_sending() noexcept;
  /// Wakes who waits for this socket on another thread.
  void shut_down() noexcept;
  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }

private:
  int descriptor_ = -1;
  std::unique_ptr<SSL, net::freed_by<SSL_free>> tls_;
};

/// A listening TCP socket on a free port of loopback.
class blocking_listener {
public:
  /// Gives up when there is none. Connections get `receive_buffer`, or the system's (0).
  explicit blocking_listener(int receive_buffer = 0);
  ~blocking_listener();
  blocking_listener(const blocking_listener&) = delete;
  blocking_listener& operator=(const blocking_listener&) = delete;

  blocking_socket accept() const noexcept;
  std::uint16_t port() const noexcept { return port_; }

private:
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

} // namespace serverme::load

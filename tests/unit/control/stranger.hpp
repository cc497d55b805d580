// Whoever comes to a port without being a node, and other ends of connections that tests need.
#pragma once

#include "protocol/time.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace serverme::tests {

/// A TCP connection to a port of this machine.
class stranger {
public:
  explicit stranger(std::uint16_t port);
  stranger(stranger&& other) noexcept;
  ~stranger();

  void send(std::string_view bytes) const;
  /// Waits until the other side ends or resets it, at most ten seconds.
  bool is_let_go() const;

private:
  int socket_;
};

/// Takes connections and what comes on them, and says nothing.
class plain_server {
public:
  plain_server();
  ~plain_server();
  plain_server(const plain_server&) = delete;
  plain_server& operator=(const plain_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string received() const;

private:
  void run();

  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::string received_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

/// One that nobody listens on now.
std::uint16_t unused_port();

/// Over TLS with the join listener there: what it answers to `text`, until it closes.
std::string ask_over_tls(std::uint16_t port, const std::string& ca_fingerprint,
                         const std::string& text);
/// The serial number of the certificate that it shows.
std::string certificate_at(std::uint16_t port, const std::string& ca_fingerprint);

} // namespace serverme::tests

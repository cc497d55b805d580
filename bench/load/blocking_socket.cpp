#include "bench/load/blocking_socket.hpp"

#include "bench/load/arguments.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace serverme::load {

namespace {

void no_delay(int descriptor) noexcept {
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void limit_receive_buffer(int descriptor, int bytes) noexcept {
  if (bytes > 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

sockaddr_in loopback(std::uint16_t port) noexcept {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return where;
}

} // namespace

blocking_socket::~blocking_socket() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

std::optional<blocking_socket> blocking_socket::connect(const net::address& where,
                                                        int patience_seconds, int receive_buffer) {
  blocking_socket made{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  auto target = loopback(where.port);
  if (!made.is_open() || inet_pton(AF_INET, where.host.c_str(), &target.sin_addr) != 1)
    return {};
  no_delay(made.descriptor_);
  timeval patience{patience_seconds, 0};
  setsockopt(made.descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(made.descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  limit_receive_buffer(made.descriptor_, receive_buffer);
  if (::connect(made.descriptor_, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0)
    return {};
  return made;
}

bool blocking_socket::secure(SSL_CTX& context, const std::string& server_name) {
  tls_.reset(SSL_new(&context));
  SSL_set_tlsext_host_name(tls_.get(), server_name.c_str());
  SSL_set1_host(tls_.get(), server_name.c_str());
  return SSL_set_fd(tls_.get(), descriptor_) == 1 && SSL_connect(tls_.get()) == 1;
}

bool blocking_socket::send_all(bytes_view bytes) noexcept {
  if (tls_) {
    std::size_t sent = 0;
    return SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent) == 1;
  }
  while (!bytes.empty()) {
    auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent <= 0)
      return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t blocking_socket::receive(std::span<std::byte> room) noexcept {
  if (tls_) {
    std::size_t received = 0;
    return SSL_read_ex(tls_.get(), room.data(), room.size(), &received) == 1 ? received : 0;
  }
  for (;;) {
    auto received = ::recv(descriptor_, room.data(), room.size(), 0);
    if (received < 0 && errno == EINTR)
      continue;
    return received > 0 ? static_cast<std::size_t>(received) : 0;
  }
}

bool blocking_socket::receive_all(std::span<std::byte> room) noexcept {
  while (!room.empty()) {
    auto received = receive(room);
    if (received == 0)
      return false;
    room = room.subspan(received);
  }
  return true;
}

void blocking_socket::finish_sending() noexcept { ::shutdown(descriptor_, SHUT_WR); }

void blocking_socket::shut_down() noexcept { ::shutdown(descriptor_, SHUT_RDWR); }

blocking_listener::blocking_listener(int receive_buffer)
  : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  auto where = loopback(0);
  socklen_t size = sizeof where;
  auto* raw = reinterpret_cast<sockaddr*>(&where);
  limit_receive_buffer(descriptor_, receive_buffer);
  if (descriptor_ < 0 || ::bind(descriptor_, raw, sizeof where) != 0
      || ::listen(descriptor_, 1024) != 0 || ::getsockname(descriptor_, raw, &size) != 0)
    give_up("cannot listen on loopback");
  port_ = ntohs(where.sin_port);
}

blocking_listener::~blocking_listener() { ::close(descriptor_); }

blocking_socket blocking_listener::accept() const noexcept {
  auto descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor >= 0)
    no_delay(descriptor);
  return blocking_socket{descriptor};
}

} // namespace serverme::load

#include "tests/unit/control/stranger.hpp"

#include "net/cluster/join_tls.hpp"
#include "net/dialer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

namespace serverme::tests {

namespace {

constexpr int patience_ms = 10'000;
constexpr int look_again_ms = 20;

sockaddr_in loopback_at(std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return where;
}

const sockaddr* general(const sockaddr_in& where) {
  return reinterpret_cast<const sockaddr*>(&where);
}

int listen_somewhere(std::uint16_t& port) {
  auto made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto where = loopback_at(0);
  socklen_t size = sizeof where;
  if (::bind(made, general(where), sizeof where) != 0 || ::listen(made, 16) != 0
      || ::getsockname(made, reinterpret_cast<sockaddr*>(&where), &size) != 0)
    throw std::runtime_error("cannot listen on loopback");
  port = ntohs(where.sin_port);
  return made;
}

bool is_readable(int socket, int within_ms) {
  pollfd entry{socket, POLLIN, 0};
  return ::poll(&entry, 1, within_ms) > 0;
}

/// A TLS client that asks once and keeps what it hears.
struct tls_client final : net::channel_user {
  tls_client(std::uint16_t port, const std::string& ca_fingerprint, std::string what)
    : text{std::move(what)}, context{net::make_joiner_context(ca_fingerprint, {}).value()} {
    dialer.emplace(loop, net::dial_target{.host = "127.0.0.1", .port = port}, net::dial_options{},
                   [this](result<net::stream_socket> socket) {
                     channel.emplace(loop, *std::move(socket));
                     channel->secure(net::tls_session::connect(context, ""));
                     channel->start(*this);
                   });
    loop.after(milliseconds{patience_ms}, [this] { loop.stop(); });
    loop.run();
  }

  void on_secured() override {
    certificate = channel->tls().peer_certificate();
    if (text.empty())
      return loop.stop();
    channel->write(as_bytes(text));
  }
  void on_bytes(bytes_view bytes) override { received += as_text(bytes); }
  void on_end() override { loop.stop(); }
  void on_sent() override {}
  void on_closed(const failure&) override { loop.stop(); }

  const std::string text;
  net::ssl_context context;
  net::event_loop loop;
  std::optional<net::dialer> dialer;
  std::optional<net::channel> channel;
  std::string certificate, received;
};

} // namespace

stranger::stranger(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  auto where = loopback_at(port);
  if (::connect(socket_, general(where), sizeof where) != 0)
    throw std::runtime_error("cannot connect on loopback");
}

stranger::stranger(stranger&& other) noexcept : socket_{std::exchange(other.socket_, -1)} {}

stranger::~stranger() {
  if (socket_ >= 0)
    ::close(socket_);
}

void stranger::send(std::string_view bytes) const {
  (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

bool stranger::is_let_go() const {
  std::array<char, 4096> bytes{};
  while (is_readable(socket_, patience_ms))
    if (::recv(socket_, bytes.data(), bytes.size(), 0) <= 0)
      return true;
  return false;
}

plain_server::plain_server() : listener_{listen_somewhere(port_)}, thread_{[this] { run(); }} {}

plain_server::~plain_server() {
  is_over_ = true;
  thread_.join();
  ::close(listener_);
}

std::string plain_server::received() const {
  std::lock_guard guard{mutex_};
  return received_;
}

void plain_server::run() {
  std::vector<int> sockets;
  std::array<char, 4096> bytes{};
  while (!is_over_) {
    if (is_readable(listener_, look_again_ms))
      sockets.push_back(::accept(listener_, nullptr, nullptr));
    for (auto each : sockets) {
      auto size = ::recv(each, bytes.data(), bytes.size(), MSG_DONTWAIT);
      std::lock_guard guard{mutex_};
      if (size > 0)
        received_.append(bytes.data(), static_cast<std::size_t>(size));
    }
  }
  for (auto each : sockets)
    ::close(each);
}

std::uint16_t unused_port() {
  std::uint16_t port = 0;
  ::close(listen_somewhere(port));
  return port;
}

std::string ask_over_tls(std::uint16_t port, const std::string& ca_fingerprint,
                         const std::string& text) {
  return tls_client{port, ca_fingerprint, text}.received;
}

std::string certificate_at(std::uint16_t port, const std::string& ca_fingerprint) {
  tls_client client{port, ca_fingerprint, ""};
  auto read = net::read_peer_certificate(as_bytes(client.certificate));
  return read ? read->serial : std::string{};
}

} // namespace serverme::tests

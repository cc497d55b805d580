#include "tests/unit/net/peer_fixture.hpp"

#include "protocol/big_endian.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <utility>

namespace serverme::tests {

raw_stranger::raw_stranger(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(port);
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0)
    ::close(std::exchange(socket_, -1));
}

raw_stranger::~raw_stranger() {
  if (socket_ >= 0)
    ::close(socket_);
}

raw_stranger::raw_stranger(raw_stranger&& other) noexcept
  : socket_{std::exchange(other.socket_, -1)} {}

bool raw_stranger::send(std::string_view bytes) {
  return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
         == static_cast<ssize_t>(bytes.size());
}

bool raw_stranger::is_cut() {
  char byte = 0;
  while (true) {
    auto got = ::recv(socket_, &byte, 1, MSG_DONTWAIT);
    if (got > 0)
      continue; // an alert
    return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }
}

std::string raw_stranger::receive() {
  std::string out(64 * 1024, '\0');
  auto got = ::recv(socket_, out.data(), out.size(), MSG_DONTWAIT);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

black_hole::black_hole() : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  ::bind(socket_, reinterpret_cast<sockaddr*>(&here), size);
  ::listen(socket_, 0);
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size);
  port_ = ntohs(here.sin_port);
  queued_.emplace(port_);
}

black_hole::~black_hole() { ::close(socket_); }

test_peer::test_peer(net::peer_network_options options, std::optional<net::address> listen) {
  options.listen = std::move(listen);
  options.hooks.is_allowed = [this](const auto&) { return allows.load(); };
  options.hooks.on_peer = [this](std::shared_ptr<peer_wire> wire) {
    std::lock_guard guard{mutex_};
    wires_.push_back(std::move(wire));
  };
  network_ = net::peer_network::open(std::move(options)).value();
}

result<dialed_peer> test_peer::dial(std::uint16_t port) {
  auto outcome = std::make_shared<std::promise<result<dialed_peer>>>();
  auto came = outcome->get_future();
  network_->dial("127.0.0.1", port,
                 [outcome](result<dialed_peer> how) { outcome->set_value(std::move(how)); });
  return came.get();
}

std::shared_ptr<peer_wire> test_peer::last_wire() {
  std::lock_guard guard{mutex_};
  return wires_.empty() ? nullptr : wires_.back();
}

std::size_t test_peer::wires() {
  std::lock_guard guard{mutex_};
  return wires_.size();
}

bool test_peer::await_refused(net::peer_refusal why, std::uint64_t times) {
  return await([&] { return network_->counts().of(why) >= times; });
}

bool test_peer::await_lost(net::peer_loss why, std::uint64_t times) {
  return await([&] { return network_->counts().of(why) >= times; });
}

std::string basp_handshake(basp_side side, const node_identity& from, run_number run) {
  auto node = basp_node_of(from, run);
  byte_queue out;
  out.append(std::string(side == basp_side::dialed ? "\0\0\0\0" : "\1\0\0\0", 4));
  out.append(big_endian(std::uint32_t{32}));
  out.append(std::string(24, '\0'));
  out.append(big_endian(std::uint64_t{0x00003e9aab9bac79}));
  out.append(big_endian(node.run));
  out.append(node.host);
  return std::string{out.text()};
}

std::string basp_message(std::size_t payload) {
  byte_queue out;
  out.append(std::string("\2\0\0\0", 4));
  out.append(big_endian(static_cast<std::uint32_t>(payload)));
  out.append(std::string(24, '\0') + std::string(payload, 'm'));
  return std::string{out.text()};
}

} // namespace serverme::tests

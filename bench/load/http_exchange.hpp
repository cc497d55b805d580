// One HTTP/1.1 exchange on a connection that blocks, and bodies that are counted, not kept.
#pragma once

#include "bench/load/blocking_socket.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace serverme::load {

/// A visitor's connection; remembers nothing between requests.
class http_connection {
public:
  /// `room` bytes are read at once, at most: large for large bodies, small where connections are
  /// made by the thousand.
  explicit http_connection(blocking_socket socket, std::size_t room = 256 * 1024)
    : socket_{std::move(socket)}, room_(room) {}

  bool send(std::string_view request) noexcept { return socket_.send_all(as_bytes(request)); }

  /// The status of an answer that has a Content-Length, after its last byte; empty when there was
  /// none. `body_bytes` counts as they come; `go_on` is asked after each read.
  template <class GoOn>
  std::optional<int> receive(std::uint64_t& body_bytes, GoOn go_on);
  std::optional<int> receive() {
    std::uint64_t bytes = 0;
    return receive(bytes, [] { return true; });
  }

  blocking_socket& socket() noexcept { return socket_; }

private:
  struct head {
    int status = 0;
    std::uint64_t content_length = 0;
    std::uint64_t body_bytes = 0; // that came with it
  };
  std::optional<head> receive_head();

  blocking_socket socket_;
  std::vector<std::byte> room_;
};

std::string get_request(const std::string& host, const std::string& path);

template <class GoOn>
std::optional<int> http_connection::receive(std::uint64_t& body_bytes, GoOn go_on) {
  auto first = receive_head();
  if (!first)
    return {};
  body_bytes += first->body_bytes;
  auto left = first->content_length - first->body_bytes;
  while (left > 0 && go_on()) {
    auto received = socket_.receive(room_);
    if (received == 0 || received > left)
      return {};
    left -= received;
    body_bytes += received;
  }
  return first->status;
}

} // namespace serverme::load

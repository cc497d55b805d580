// One visitor's WebSocket: numbered messages, and their echoes in the same order.
#pragma once

#include "bench/load/blocking_socket.hpp"
#include "bench/load/websocket_frame.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace serverme::load {

class websocket_visitor {
public:
  /// Every message is as long as `payload`. Nothing is open yet.
  explicit websocket_visitor(std::size_t payload);

  /// The opening handshake; false when nobody answers it as a WebSocket does.
  bool open(const net::address& target, const std::string& host, const std::string& path);

  /// A message whose latency counts from `due`; false when the connection broke.
  bool send(std::uint64_t due);

  /// Takes what came, and blocks when nothing did. Calls `on_echo(due)` for each message that is
  /// back; false when the connection broke, or something else came than was sent.
  template <class OnEcho>
  bool receive(OnEcho on_echo);

  std::size_t under_way() const noexcept { return due_.size(); }
  int descriptor() const noexcept { return socket_.descriptor(); }

private:
  bytes_view payload_of(std::uint64_t number) noexcept;

  blocking_socket socket_;
  std::vector<std::byte> payload_;
  std::vector<std::byte> room_;
  byte_queue received_;
  byte_queue outgoing_;
  std::deque<std::uint64_t> due_; // of those under way
  std::uint64_t sent_ = 0;
};

template <class OnEcho>
bool websocket_visitor::receive(OnEcho on_echo) {
  auto size = socket_.receive(room_);
  if (size == 0)
    return false;
  received_.append(std::span{room_}.first(size));
  while (auto frame = parse_frame(received_.view())) {
    if (due_.empty() || !frame->is_message
        || as_text(frame->payload) != as_text(payload_of(sent_ - due_.size())))
      return false;
    received_.consume(frame->size);
    auto due = due_.front();
    due_.pop_front();
    on_echo(due);
  }
  return true;
}

} // namespace serverme::load

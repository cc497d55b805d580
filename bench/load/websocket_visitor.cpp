#include "bench/load/websocket_visitor.hpp"

#include "protocol/big_endian.hpp"

#include <algorithm>

namespace serverme::load {

namespace {

// The pair that RFC 6455, section 1.3, explains: no digest is needed here.
constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view accepted = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr websocket_mask mask{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};

} // namespace

websocket_visitor::websocket_visitor(std::size_t payload)
  : payload_(payload, std::byte{'w'}), room_(64 * 1024) {}

bool websocket_visitor::open(const net::address& target, const std::string& host,
                             const std::string& path) {
  auto socket = blocking_socket::connect(target, 5);
  if (!socket)
    return false;
  socket_ = std::move(*socket);
  auto request = "GET " + path + " HTTP/1.1\r\nHost: " + host
                 + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: "
                 + std::string{key} + "\r\n\r\n";
  if (!socket_.send_all(as_bytes(request)))
    return false;
  // The echo says nothing before it is asked: all that comes is the answer's head.
  std::string answer;
  while (!answer.ends_with("\r\n\r\n")) {
    auto size = socket_.receive(room_);
    if (size == 0)
      return false;
    answer += as_text(std::span{room_}.first(size));
  }
  return answer.starts_with("HTTP/1.1 101 ") && answer.find(accepted) != std::string::npos;
}

bytes_view websocket_visitor::payload_of(std::uint64_t number) noexcept {
  auto digits = big_endian(number);
  std::copy_n(digits.begin(), std::min(digits.size(), payload_.size()), payload_.begin());
  return payload_;
}

bool websocket_visitor::send(std::uint64_t due) {
  outgoing_.clear();
  append_message(outgoing_, payload_of(sent_), &mask);
  due_.push_back(due);
  ++sent_;
  return socket_.send_all(outgoing_.view());
}

} // namespace serverme::load

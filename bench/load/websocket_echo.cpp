#include "bench/load/websocket_echo.hpp"

#include "bench/load/websocket_frame.hpp"
#include "protocol/http1/head.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <string>
#include <vector>

namespace serverme::load {

namespace {

/// What proves that a server understood the key (RFC 6455, section 4.2.2).
std::string accept_of(std::string_view key) {
  auto text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 32> coded{};
  auto size = EVP_EncodeBlock(coded.data(), digest.data(), SHA_DIGEST_LENGTH);
  return {reinterpret_cast<const char*>(coded.data()), static_cast<std::size_t>(size)};
}

/// False when it is no handshake. What came behind its head stays in `received`.
bool shake_hands(blocking_socket& socket, std::span<std::byte> room, byte_queue& received) {
  http1::request_head head;
  std::size_t scanned = 0;
  for (;;) {
    auto complete = http1::parse_request(received.view(), {}, scanned, head);
    if (!complete)
      return false;
    if (*complete)
      break;
    auto size = socket.receive(room);
    if (size == 0)
      return false;
    received.append(room.first(size));
  }
  const auto* key = http1::find(head.fields, "Sec-WebSocket-Key");
  if (head.upgrade.empty() || !key)
    return false;
  auto answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: "
                + accept_of(key->value) + "\r\n\r\n";
  received.consume(head.size);
  return socket.send_all(as_bytes(answer));
}

} // namespace

void serve_websocket_echo(blocking_socket socket) {
  std::vector<std::byte> room(64 * 1024);
  byte_queue received;
  if (!shake_hands(socket, room, received))
    return;
  byte_queue echoes;
  for (;;) {
    while (auto frame = parse_frame(received.view())) {
      if (!frame->is_message || !frame->mask)
        return;
      byte_queue plain;
      append_masked(plain, frame->payload, *frame->mask);
      append_message(echoes, plain.view());
      received.consume(frame->size);
    }
    if (!echoes.empty() && !socket.send_all(echoes.view()))
      return;
    echoes.clear();
    auto size = socket.receive(room);
    if (size == 0)
      return;
    received.append(std::span{room}.first(size));
  }
}

} // namespace serverme::load

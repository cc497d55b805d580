// What stands behind the tunnels beside nginx: an HTTP sink that reads an upload to its end before
// it answers (nginx answers first), a TCP service whose first byte says what it does, and a
// WebSocket that echoes.
#include "bench/load/commands.hpp"
#include "bench/load/http_exchange.hpp"
#include "bench/load/websocket_echo.hpp"
#include "protocol/http1/head.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>
#include <vector>

namespace serverme::load {

namespace {

constexpr std::string_view sink_answer{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};

/// Uploads of one connection, each answered once its last byte was read.
void serve_sink(blocking_socket socket) {
  std::vector<std::byte> room(256 * 1024);
  std::size_t filled = 0;
  http1::request_head head;
  for (;;) {
    std::size_t scanned = 0;
    for (;;) {
      auto complete = http1::parse_request({room.data(), filled}, {}, scanned, head);
      if (!complete)
        return;
      if (*complete)
        break;
      auto received = socket.receive(std::span{room}.subspan(filled));
      if (received == 0)
        return;
      filled += received;
    }
    auto left = head.content_length - std::min(head.content_length, filled - head.size);
    filled = 0;
    while (left > 0) {
      auto received
        = socket.receive(std::span{room}.first(std::min<std::uint64_t>(left, 256 * 1024)));
      if (received == 0)
        return;
      left -= received;
    }
    if (!socket.send_all(as_bytes(sink_answer)))
      return;
  }
}

/// 'e' echoes, 's' is a source that never ends, 'd' counts until the end and says so with a byte.
void serve_tcp(blocking_socket socket) {
  std::vector<std::byte> room(256 * 1024);
  if (!socket.receive_all(std::span{room}.first(1)))
    return;
  auto wish = static_cast<char>(room[0]);
  if (wish == 's')
    while (socket.send_all(room)) {
    }
  while (auto received = socket.receive(room))
    if (wish == 'e' && !socket.send_all(std::span{room}.first(received)))
      return;
  if (wish == 'd')
    socket.send_all(as_bytes("d"));
}

template <class Serve>
void accept_for_ever(const blocking_listener& listener, Serve serve) {
  for (;;)
    if (auto socket = listener.accept(); socket.is_open())
      std::thread{serve, std::move(socket)}.detach();
}

} // namespace

int run_services(const arguments&) {
  blocking_listener sink;
  blocking_listener tcp;
  blocking_listener websocket;
  std::printf("{\"sink\":%d,\"tcp\":%d,\"websocket\":%d}\n", sink.port(), tcp.port(),
              websocket.port());
  std::thread{[&] { accept_for_ever(sink, serve_sink); }}.detach();
  std::thread{[&] { accept_for_ever(tcp, serve_tcp); }}.detach();
  std::thread{[&] { accept_for_ever(websocket, serve_websocket_echo); }}.detach();
  while (std::getchar() != EOF) {
  }
  std::_Exit(0); // the threads above have no end of their own
}

} // namespace serverme::load

// Bytes, as many as fit: down or up, over HTTP or a TCP tunnel, several streams at once.
#include "bench/load/commands.hpp"
#include "bench/load/http_exchange.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

namespace serverme::load {

namespace {

constexpr std::uint64_t endless = ~std::uint64_t{0};
/// The origin's large file has at least as many bytes.
constexpr std::uint64_t largest_request = std::uint64_t{1} << 30;

struct plan {
  net::address target;
  std::string host;
  std::uint64_t bytes = 0; // of each stream; without a bound: again and again until the deadline
  std::uint64_t deadline = 0;

  bool goes_on() const noexcept { return now_ns() < deadline; }
};

bool get(blocking_socket socket, const plan& wanted, std::uint64_t& moved) {
  http_connection visitor{std::move(socket)};
  auto last = std::min(wanted.bytes, largest_request) - 1;
  auto request = "GET /large HTTP/1.1\r\nHost: " + wanted.host + "\r\nRange: bytes=0-"
                 + std::to_string(last) + "\r\n\r\n";
  do {
    if (!visitor.send(request) || visitor.receive(moved, [&] { return wanted.goes_on(); }) != 206)
      return false;
  } while (moved < wanted.bytes && wanted.goes_on());
  return true;
}

/// The answer tells that the other end has all; a slow one is cut off at the deadline, when what
/// the nearest buffers took counts as moved.
bool post(blocking_socket socket, const plan& wanted, std::uint64_t& moved) {
  http_connection visitor{std::move(socket)};
  const std::vector<std::byte> chunk(256 * 1024, std::byte{'u'});
  if (!visitor.send("POST /upload HTTP/1.1\r\nHost: " + wanted.host
                    + "\r\nContent-Length: " + std::to_string(wanted.bytes) + "\r\n\r\n"))
    return false;
  while (moved < wanted.bytes && wanted.goes_on()) {
    auto size = std::min<std::uint64_t>(chunk.size(), wanted.bytes - moved);
    if (!visitor.socket().send_all(std::span{chunk}.first(size)))
      return false;
    moved += size;
  }
  return moved < wanted.bytes || visitor.receive() == 200;
}

bool tcp_down(blocking_socket socket, const plan& wanted, std::uint64_t& moved) {
  std::vector<std::byte> room(256 * 1024);
  if (!socket.send_all(as_bytes("s")))
    return false;
  while (moved < wanted.bytes && wanted.goes_on()) {
    auto received = socket.receive(room);
    if (received == 0)
      return false;
    moved += received;
  }
  return true;
}

bool tcp_up(blocking_socket socket, const plan& wanted, std::uint64_t& moved) {
  const std::vector<std::byte> chunk(256 * 1024, std::byte{'u'});
  if (!socket.send_all(as_bytes("d")))
    return false;
  while (moved < wanted.bytes && wanted.goes_on()) {
    if (!socket.send_all(chunk))
      return false;
    moved += chunk.size();
  }
  std::byte received{};
  socket.finish_sending();
  return socket.receive_all({&received, 1});
}

} // namespace

int run_bulk(const arguments& given) {
  plan wanted{.target = target_of(given), .host = given.text("host", "-")};
  auto bytes = static_cast<std::uint64_t>(given.number("bytes", 0));
  wanted.bytes = bytes == 0 ? endless : bytes;
  auto way = given.text("way");
  auto move = way == "get"        ? get
              : way == "post"     ? post
              : way == "tcp-down" ? tcp_down
              : way == "tcp-up"   ? tcp_up
                                  : nullptr;
  if (!move)
    give_up("--way is get, post, tcp-down or tcp-up");
  std::vector<std::uint64_t> moved(static_cast<std::size_t>(given.number("streams", 1)));
  std::atomic<std::uint64_t> errors{0};
  auto begin = now_ns();
  wanted.deadline = begin + static_cast<std::uint64_t>(given.number("seconds", 60) * 1e9);
  {
    std::vector<std::jthread> streams;
    streams.reserve(moved.size());
    for (auto& own : moved)
      streams.emplace_back([&] {
        auto socket = blocking_socket::connect(wanted.target, 30);
        if (!socket || !move(std::move(*socket), wanted, own))
          ++errors;
      });
  }
  auto seconds = static_cast<double>(now_ns() - begin) / 1e9;
  std::uint64_t total = 0;
  for (auto own : moved)
    total += own;
  std::printf("{\"bytes\":%llu,\"seconds\":%f,\"errors\":%llu}\n",
              static_cast<unsigned long long>(total), seconds,
              static_cast<unsigned long long>(errors.load()));
  return 0;
}

} // namespace serverme::load

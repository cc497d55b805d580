// One byte there and back over TCP, one after the other: what a tunnel adds to each key stroke.
#include "bench/load/blocking_socket.hpp"
#include "bench/load/commands.hpp"

#include <array>
#include <cstdio>

namespace serverme::load {

int run_ping_pong(const arguments& given) {
  auto socket = blocking_socket::connect(target_of(given), 5);
  if (!socket || !socket->send_all(as_bytes("e"))) // echo, please: see services.cpp
    give_up("nobody answers at the target");
  latency_histogram latencies;
  std::array<std::byte, 1> ball{std::byte{'x'}};
  auto end = now_ns() + static_cast<std::uint64_t>(given.number("seconds") * 1e9);
  for (auto start = now_ns(); start < end;) {
    if (!socket->send_all(ball) || !socket->receive_all(ball))
      give_up("the connection broke");
    auto back = now_ns();
    latencies.record(back - start);
    start = back;
  }
  std::printf("{%s}\n", as_json(latencies).c_str());
  return 0;
}

} // namespace serverme::load

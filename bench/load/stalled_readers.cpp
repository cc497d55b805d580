// Visitors who ask for a large file and stop reading: what they cost the others.
#include "bench/load/commands.hpp"
#include "bench/load/http_exchange.hpp"

#include <array>
#include <cstdio>
#include <vector>

namespace serverme::load {

int run_stalled_readers(const arguments& given) {
  auto target = target_of(given);
  auto request = get_request(given.text("host"), given.text("path", "/large"));
  auto count = static_cast<std::size_t>(given.number("count"));
  std::vector<blocking_socket> readers;
  std::array<std::byte, 1024> first;
  while (readers.size() < count) {
    // As small as the kernel allows: what is not read must wait at the sender's.
    auto socket = blocking_socket::connect(target, 10, 4096);
    if (!socket || !socket->send_all(as_bytes(request)) || socket->receive(first) == 0)
      give_up("a reader got no answer");
    readers.push_back(std::move(*socket));
  }
  std::printf("{\"stalled\":%zu}\n", readers.size());
  while (std::getchar() != EOF) {
  }
  return 0;
}

} // namespace serverme::load

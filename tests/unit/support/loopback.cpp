#include "tests/unit/support/loopback.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace serverme::tests {

namespace asio = boost::asio;
using asio::ip::tcp;

std::pair<net::stream_socket, net::stream_socket> connected_sockets(net::event_loop& loop) {
  using acceptor_type = asio::basic_socket_acceptor<tcp, net::event_loop::executor>;
  acceptor_type acceptor{loop.context(), tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  asio::basic_stream_socket<tcp, net::event_loop::executor> near{loop.context()},
    far{loop.context()};
  near.connect(acceptor.local_endpoint());
  acceptor.accept(far);
  return {net::stream_socket{std::move(near)}, net::stream_socket{std::move(far)}};
}

bool run_until(net::event_loop& loop, const std::function<bool()>& condition) {
  auto deadline = loop.now() + seconds{10};
  while (!condition()) {
    if (loop.now() > deadline)
      return false;
    loop.context().run_one_for(milliseconds{100});
  }
  return true;
}

} // namespace serverme::tests

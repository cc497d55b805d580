#include "net/listener.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/socket.h>

#include <utility>

namespace serverme::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using tcp_socket = asio::basic_stream_socket<tcp, event_loop::executor>;

namespace {

// Out of descriptors: trying again at once would burn the core until someone leaves.
constexpr milliseconds pause_when_full{100};

using acceptor_type = asio::basic_socket_acceptor<tcp, event_loop::executor>;

asio::ip::address address_named(const std::string& host, error_code& error) {
  if (host == "localhost")
    return asio::ip::address_v4::loopback();
  return asio::ip::make_address(host, error);
}

/// Every address of both families where the system has both.
tcp::endpoint open_for_all(acceptor_type& acceptor, std::uint16_t port, error_code& error) {
  acceptor.open(tcp::v6(), error);
  if (!error)
    acceptor.set_option(asio::ip::v6_only{false}, error);
  if (!error)
    return {tcp::v6(), port};
  acceptor.close(error);
  acceptor.open(tcp::v4(), error);
  return {tcp::v4(), port};
}

void share_port(acceptor_type& acceptor) {
  int on = 1;
  ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

} // namespace

struct listener::state : std::enable_shared_from_this<state> {
  explicit state(event_loop& on) : loop{on}, acceptor{on.context()}, timer{on.context()} {}

  void accept_next() {
    acceptor.async_accept([self = shared_from_this()](const error_code& error, auto socket) {
      self->on_accept(error, std::move(socket));
    });
  }

  void on_accept(const error_code& error, tcp_socket socket) {
    if (!acceptor.is_open())
      return;
    if (error)
      return accept_later();
    hand_over(std::move(socket));
    // More that wait already: without going through epoll for each.
    for (int i = 1; i < options.batch && acceptor.is_open(); ++i) {
      error_code none_left;
      tcp_socket next{loop.context()};
      acceptor.accept(next, none_left);
      if (none_left)
        break;
      hand_over(std::move(next));
    }
    if (acceptor.is_open())
      accept_next();
  }

  void hand_over(tcp_socket socket) { accepted(stream_socket{std::move(socket)}); }

  void accept_later() {
    timer.expires_after(pause_when_full);
    timer.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && self->acceptor.is_open())
        self->accept_next();
    });
  }

  event_loop& loop;
  acceptor_type acceptor;
  asio::steady_timer timer;
  on_connection accepted;
  listen_options options;
  address where;
};

listener::listener(std::shared_ptr<state> made) : state_{std::move(made)} {}
listener::~listener() { close(); }

result<std::unique_ptr<listener>> listener::open(event_loop& loop, const address& where,
                                                 listen_options options) {
  auto fresh = std::make_shared<state>(loop);
  fresh->options = options;
  auto refuse = [&](const error_code& error) {
    return fail(errc::listen_failed, to_string(where) + ": " + error.message());
  };
  error_code error;
  auto& acceptor = fresh->acceptor;
  auto any = where.host.empty() || where.host == "*";
  tcp::endpoint endpoint;
  if (any) {
    endpoint = open_for_all(acceptor, where.port, error);
  } else {
    endpoint = {address_named(where.host, error), where.port};
    if (error)
      return fail(errc::listen_failed, "'" + where.host + "' is not a numeric address");
    acceptor.open(endpoint.protocol(), error);
  }
  if (error)
    return refuse(error);
  acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (options.use == port_use::one_of_many)
    share_port(acceptor);
  if (acceptor.bind(endpoint, error); error)
    return refuse(error);
  if (options.use == port_use::first_of_many)
    share_port(acceptor);
  if (acceptor.listen(options.backlog, error); error)
    return refuse(error);
  acceptor.non_blocking(true, error);
  auto bound = acceptor.local_endpoint(error);
  fresh->where = {any ? "0.0.0.0" : bound.address().to_string(), bound.port()};
  return std::unique_ptr<listener>{new listener{std::move(fresh)}};
}

void listener::start(on_connection accepted) {
  state_->accepted = std::move(accepted);
  state_->accept_next();
}

void listener::close() noexcept {
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->timer.cancel();
}

const address& listener::where() const noexcept { return state_->where; }

} // namespace serverme::net

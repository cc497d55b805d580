#include "net/cluster/lan_beacon.hpp"

#include "protocol/cluster/source_rate.hpp"

#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/udp.hpp>

#include <array>
#include <utility>

namespace serverme::net {

namespace asio = boost::asio;
using asio::ip::udp;
using error_code = boost::system::error_code;

struct lan_beacon::state : std::enable_shared_from_this<state> {
  state(event_loop& on, beacon_seal with, std::uint16_t listening, lan_beacon_options wanted,
        on_heard call)
    : loop{on},
      seal{std::move(with)},
      port{listening},
      options{std::move(wanted)},
      heard{std::move(call)},
      socket{on.context()},
      rate{{.burst = options.checks_burst,
            .per_second = options.checks_per_second,
            .sources_max = 256}} {}

  // Several nodes of one machine share the port.
  error_code open() {
    error_code failed;
    auto group_address = asio::ip::make_address_v4(options.group.host, failed);
    if (failed)
      return failed;
    group = {group_address, options.group.port};
    auto through = asio::ip::address_v4::any();
    if (!options.interface.empty())
      through = asio::ip::make_address_v4(options.interface, failed);
    auto apply = [&](const auto& option) {
      if (!failed)
        socket.set_option(option, failed);
    };
    if (!failed)
      socket.open(udp::v4(), failed);
    apply(udp::socket::reuse_address{true});
    if (!failed)
      socket.bind(group, failed);
    apply(asio::ip::multicast::join_group{group_address, through});
    apply(asio::ip::multicast::outbound_interface{through});
    apply(asio::ip::multicast::hops{1});
    return failed;
  }

  void call() {
    if (!socket.is_open() || port == 0)
      return;
    auto datagram = seal.call(port);
    error_code failed;
    socket.send_to(asio::buffer(datagram.view().data(), datagram.size()), group, 0, failed);
    ++(failed ? counts.send_failed : counts.sent);
    auto pause = calls++ < options.first_calls ? options.first_period : options.period;
    loop.after(pause, [weak = weak_from_this()] {
      if (auto self = weak.lock())
        self->call();
    });
  }

  void listen() {
    socket.async_receive_from(
      asio::buffer(received), source,
      [self = shared_from_this()](const error_code& failed, std::size_t size) {
        if (!self->socket.is_open())
          return;
        if (!failed)
          self->take({self->received.data(), size});
        self->listen();
      });
  }

  void take(bytes_view datagram) {
    auto from = source.address().to_string();
    if (!rate.take(from, loop.now())) {
      ++counts.refused;
      return;
    }
    auto found = seal.check(datagram);
    if (found && found->who.identity.node == seal.self().node)
      return;
    ++(found ? counts.heard : counts.refused);
    if (found)
      heard(found->who, {from, found->port});
  }

  event_loop& loop;
  beacon_seal seal;
  std::uint16_t port;
  lan_beacon_options options;
  on_heard heard;
  boost::asio::basic_datagram_socket<udp, event_loop::executor> socket;
  udp::endpoint group, source;
  std::array<std::byte, beacon::bytes_max + 1> received{}; // one more: too large is seen
  source_rate rate;
  beacon_counts counts;
  int calls = 0;
};

lan_beacon::lan_beacon(std::shared_ptr<state> made) noexcept : state_{std::move(made)} {}

lan_beacon::~lan_beacon() {
  error_code ignored;
  state_->socket.close(ignored);
  state_->heard = [](const auto&...) {};
}

result<std::unique_ptr<lan_beacon>> lan_beacon::open(event_loop& loop, beacon_seal seal,
                                                     std::uint16_t port, lan_beacon_options options,
                                                     on_heard heard) {
  auto made
    = std::make_shared<state>(loop, std::move(seal), port, std::move(options), std::move(heard));
  if (auto failed = made->open())
    return fail(errc::listen_failed,
                "multicast " + to_string(made->options.group) + ": " + failed.message());
  loop.post([made] {
    made->listen();
    made->call();
  });
  return std::unique_ptr<lan_beacon>{new lan_beacon{std::move(made)}};
}

void lan_beacon::renew(beacon_seal seal) { state_->seal = std::move(seal); }
const beacon_counts& lan_beacon::counts() const noexcept { return state_->counts; }

} // namespace serverme::net

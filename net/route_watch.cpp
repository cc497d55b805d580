#include "net/route_watch.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace serverme::net {

namespace asio = boost::asio;

namespace {

constexpr unsigned groups
  = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
// A new network comes with a dozen messages: an address, routes, another address.
constexpr milliseconds burst_time{500};

int open_netlink() {
  auto descriptor = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  sockaddr_nl where{};
  where.nl_family = AF_NETLINK;
  where.nl_groups = groups;
  if (descriptor < 0
      || ::bind(descriptor, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0)
    return descriptor;
  ::close(descriptor);
  return -1;
}

} // namespace

struct route_watch::state : std::enable_shared_from_this<state> {
  state(event_loop& on, std::function<void()> call)
    : loop{on}, source{on.context()}, changed{std::move(call)} {
    if (auto descriptor = open_netlink(); descriptor >= 0)
      source.assign(descriptor);
  }

  void wait() {
    if (!source.is_open())
      return;
    source.async_wait(asio::posix::descriptor_base::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        if (error || !self->changed)
                          return;
                        self->loop.after(burst_time, [self] { self->tell(); });
                      });
  }

  void tell() {
    if (!changed)
      return;
    // What it was does not matter, nor that some of it may have been lost.
    std::array<std::byte, 8192> news{};
    while (::recv(source.native_handle(), news.data(), news.size(), MSG_DONTWAIT) > 0) {
    }
    wait();
    auto call = changed; // which may destroy the watch
    call();
  }

  event_loop& loop;
  asio::posix::basic_stream_descriptor<event_loop::executor> source;
  std::function<void()> changed;
};

route_watch::route_watch(event_loop& loop, std::function<void()> changed)
  : state_{std::make_shared<state>(loop, std::move(changed))} {
  state_->wait();
}

route_watch::~route_watch() {
  state_->changed = nullptr;
  boost::system::error_code ignored;
  state_->source.close(ignored);
}

} // namespace serverme::net

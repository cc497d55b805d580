#include "net/cluster/peer_dial.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <utility>

namespace serverme::net {

namespace {

// An address that swallows what is sent to it may not use up the time of the others.
constexpr std::size_t addresses_max = 8;

} // namespace

struct peer_dial::state : std::enable_shared_from_this<state> {
  state(event_loop& on, std::string name, std::uint16_t to_port, milliseconds patience,
        on_done call)
    : loop{on},
      host{std::move(name)},
      port{to_port},
      timeout{patience},
      done{std::move(call)},
      deadline{on.context()} {}

  void begin(name_lookup& names) {
    deadline.expires_after(timeout);
    deadline.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error)
        self->end(fail(errc::server_unreachable, self->host + ": no answer in time"));
    });
    names.find(host, [self = shared_from_this()](result<std::vector<std::string>> found) {
      if (!self->done)
        return;
      if (!found)
        return self->end(fail(found.error()));
      self->addresses = *std::move(found);
      self->addresses.resize(std::min(self->addresses.size(), addresses_max));
      self->each = self->timeout / std::max<std::size_t>(self->addresses.size(), 1);
      self->try_next(fail(errc::server_unreachable, self->host + ": no address"));
    });
  }

  void try_next(failure last) {
    if (tried == addresses.size())
      return end(std::move(last));
    const auto& next = addresses[tried++];
    // Not from within the call of the one before: it is destroyed here.
    current = std::make_unique<dialer>(loop, dial_target{.host = next, .port = port},
                                       dial_options{.timeout = each},
                                       [self = shared_from_this()](result<stream_socket> outcome) {
                                         if (!self->done)
                                           return;
                                         if (outcome)
                                           return self->end(std::move(outcome));
                                         self->try_next(outcome.error());
                                       });
  }

  void end(result<stream_socket> outcome) {
    if (auto call = std::exchange(done, nullptr)) {
      auto self = shared_from_this();
      give_up();
      call(std::move(outcome));
    }
  }

  void give_up() {
    done = nullptr;
    deadline.cancel();
    current.reset();
  }

  event_loop& loop;
  std::string host;
  std::uint16_t port;
  milliseconds timeout, each{};
  on_done done;
  boost::asio::steady_timer deadline;
  std::vector<std::string> addresses;
  std::size_t tried = 0;
  std::unique_ptr<dialer> current;
};

peer_dial::peer_dial(event_loop& loop, name_lookup& names, std::string host, std::uint16_t port,
                     milliseconds timeout, on_done done)
  : state_{std::make_shared<state>(loop, std::move(host), port, timeout, std::move(done))} {
  state_->begin(names);
}

peer_dial::~peer_dial() { state_->give_up(); }

} // namespace serverme::net

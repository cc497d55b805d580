#include "net/dialer.hpp"

#include "net/listener.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/un.h>

#include <algorithm>
#include <list>
#include <utility>
#include <vector>

namespace serverme::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using endpoint = stream_socket::endpoint_type;

namespace {

constexpr std::size_t addresses_max = 16;

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost");
}

/// The order of the resolver within a family, families in turn: when one family leads nowhere, the
/// second attempt already is of the other.
std::vector<endpoint> take_turns(const std::vector<tcp::endpoint>& found) {
  std::vector<endpoint> out;
  auto is_first_family
    = [&](const tcp::endpoint& x) { return x.protocol() == found.front().protocol(); };
  auto first = std::ranges::find_if(found, is_first_family);
  auto other = std::ranges::find_if_not(found, is_first_family);
  while (out.size() < addresses_max && (first != found.end() || other != found.end())) {
    if (first != found.end()) {
      out.emplace_back(*first);
      first = std::find_if(first + 1, found.end(), is_first_family);
    }
    if (other != found.end()) {
      out.emplace_back(*other);
      other = std::find_if_not(other + 1, found.end(), is_first_family);
    }
  }
  return out;
}

} // namespace

struct dialer::state : std::enable_shared_from_this<state> {
  state(event_loop& on, const dial_target& to, dial_options bounds, on_done call)
    : loop{on},
      where{to},
      options{bounds},
      done{std::move(call)},
      resolver{on.context()},
      deadline{on.context()},
      next_one{on.context()} {}

  void begin();
  void look_up();
  void try_all(std::vector<endpoint> all);
  void try_next();
  void on_connected(std::list<stream_socket>::iterator which, const error_code& error);
  void end(result<stream_socket> outcome);
  void give_up() noexcept;
  failure refused(const error_code& error) const {
    return fail(options.refused, to_string(where) + ": " + error.message());
  }

  event_loop& loop;
  dial_target where;
  dial_options options;
  on_done done;
  asio::ip::basic_resolver<tcp, event_loop::executor> resolver;
  asio::steady_timer deadline, next_one;
  std::vector<endpoint> addresses;
  std::size_t tried = 0;
  std::list<stream_socket> attempts;
  error_code first_error;
};

void dialer::state::begin() {
  deadline.expires_after(options.timeout);
  deadline.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error)
      self->end(fail(self->options.timed_out, to_string(self->where) + ": no answer in time"));
  });
  if (!where.path.empty()) {
    if (where.path.size() >= sizeof(sockaddr_un{}.sun_path))
      return end(fail(options.refused, to_string(where) + ": the path is too long"));
    return try_all({endpoint{asio::local::stream_protocol::endpoint{where.path}}});
  }
  error_code no_number;
  if (auto ip = asio::ip::make_address(where.host, no_number); !no_number)
    return try_all({endpoint{tcp::endpoint{ip, where.port}}});
  if (is_this_machine(where.host))
    return try_all({endpoint{tcp::endpoint{asio::ip::address_v4::loopback(), where.port}},
                    endpoint{tcp::endpoint{asio::ip::address_v6::loopback(), where.port}}});
  look_up();
}

void dialer::state::look_up() {
  resolver.async_resolve(
    where.host, std::to_string(where.port), tcp::resolver::numeric_service,
    [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
      if (!self->done)
        return;
      if (error)
        return self->end(self->refused(error));
      std::vector<tcp::endpoint> all{found.begin(), found.end()};
      self->try_all(take_turns(all));
    });
}

void dialer::state::try_all(std::vector<endpoint> all) {
  addresses = std::move(all);
  try_next();
}

void dialer::state::try_next() {
  while (done && tried < addresses.size()) {
    const auto& address = addresses[tried++];
    attempts.emplace_front(loop.context());
    auto which = attempts.begin();
    error_code error;
    which->open(address.protocol(), error);
    if (error) { // no such family on this machine
      attempts.erase(which);
      first_error = first_error ? first_error : error;
      continue;
    }
    which->async_connect(address, [self = shared_from_this(), which](const error_code& outcome) {
      if (self->done)
        self->on_connected(which, outcome);
    });
    if (tried == addresses.size())
      return;
    next_one.expires_after(options.next_address_after);
    next_one.async_wait([self = shared_from_this()](const error_code& stopped) {
      if (!stopped && self->done)
        self->try_next();
    });
    return;
  }
  if (done && attempts.empty())
    end(refused(first_error ? first_error : error_code{asio::error::host_not_found}));
}

void dialer::state::on_connected(std::list<stream_socket>::iterator which,
                                 const error_code& error) {
  if (!error)
    return end(std::move(*which));
  attempts.erase(which);
  first_error = first_error ? first_error : error;
  if (tried < addresses.size())
    next_one.cancel();
  try_next();
}

void dialer::state::end(result<stream_socket> outcome) {
  if (auto call = std::exchange(done, nullptr)) {
    auto self = shared_from_this();
    give_up();
    call(std::move(outcome));
  }
}

// Attempts that are under way end with operation_aborted: their sockets live until then.
void dialer::state::give_up() noexcept {
  done = nullptr;
  error_code ignored;
  for (auto& attempt : attempts)
    attempt.close(ignored);
  resolver.cancel();
  deadline.cancel();
  next_one.cancel();
}

dialer::dialer(event_loop& loop, const dial_target& where, dial_options options, on_done done)
  : state_{std::make_shared<state>(loop, where, options, std::move(done))} {
  asio::post(loop.context(), [self = state_] {
    if (self->done)
      self->begin();
  });
}

dialer::~dialer() { state_->give_up(); }

std::string to_string(const dial_target& where) {
  return where.path.empty() ? to_string(address{where.host, where.port}) : "unix:" + where.path;
}

} // namespace serverme::net

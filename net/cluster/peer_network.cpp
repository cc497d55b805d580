#include "net/cluster/peer_network.hpp"

#include "net/cluster/cluster_tls.hpp"
#include "net/cluster/peer_book.hpp"
#include "net/cluster/peer_dial.hpp"
#include "net/listener.hpp"

#include <atomic>
#include <list>
#include <thread>
#include <utility>

namespace serverme::net {

namespace {

constexpr milliseconds tick{250};

failure stopping() { return fail(errc::closed_by_owner, "this node stops"); }

/// Kept also when the task that holds it is dropped with the loop.
struct kept_promise {
  explicit kept_promise(peer_book::dial_done done) : call{std::move(done)} {}
  kept_promise(const kept_promise&) = delete;
  kept_promise& operator=(const kept_promise&) = delete;
  ~kept_promise() {
    if (call)
      call(fail(stopping()));
  }
  peer_book::dial_done call;
};

} // namespace

struct peer_network::state {
  struct dial_under_way {
    std::unique_ptr<peer_dial> dial;
    peer_book::dial_done done;
  };

  state(peer_network_options from, ssl_context made, const node_identity& self)
    : options{std::move(from)},
      context{std::move(made)},
      names{loop, options.resolve},
      book{loop, self, {options.run, options.run_nanoseconds}, options.limits, options.hooks},
      identity{self} {}

  result<done> listen() {
    if (!options.listen)
      return done{};
    auto opened = listener::open(loop, *options.listen);
    if (!opened)
      return fail(opened.error());
    door = *std::move(opened);
    where = door->where();
    door->start([this](stream_socket socket) { book.accept(std::move(socket), context); });
    return done{};
  }

  void call_out() {
    if (!options.beacon)
      return;
    auto opened = open_beacon();
    if (opened)
      beacon = *std::move(opened);
    else
      options.hooks.on_no_beacon(opened.error());
  }

  result<std::unique_ptr<lan_beacon>> open_beacon() {
    auto seal = beacon_seal::make(options.credentials);
    if (!seal)
      return fail(seal.error());
    return lan_beacon::open(loop, *std::move(seal), where.port, *options.beacon,
                            [this](const node_certificate& who, const address& at) {
                              if (options.hooks.is_allowed(who))
                                options.hooks.on_beacon(who.identity, at.host, at.port);
                            });
  }

  void run() {
    clock.emplace(loop, tick,
                  [this](time_point now) { book.on_tick(now, std::chrono::system_clock::now()); });
    thread = std::thread{[this] { loop.run(); }};
  }

  void begin_dial(const std::string& host, std::uint16_t port, peer_book::dial_done call) {
    if (dials.size() >= options.limits.dials_max)
      return call(fail(errc::too_busy, "too many dials at once"));
    auto at = dials.insert(dials.end(), {nullptr, std::move(call)});
    ++dial_count;
    at->dial = std::make_unique<peer_dial>(
      loop, names, host, port, options.limits.dial_timeout,
      [this, at](result<stream_socket> outcome) {
        auto ended = std::move(*at); // the dial may die in its own call
        dials.erase(at);
        --dial_count;
        if (!outcome)
          return ended.done(fail(outcome.error()));
        book.dial(*std::move(outcome), context, std::move(ended.done));
      });
  }

  /// On the thread that ends it, when that of the connections has ended.
  void end() {
    loop.stop();
    if (thread.joinable())
      thread.join();
    clock.reset();
    beacon.reset();
    door.reset();
    for (auto& each : std::exchange(dials, {}))
      each.done(fail(stopping()));
    book.close();
    // Sockets are closed on their loop, from which they are called.
    loop.context().restart();
    loop.context().poll();
  }

  peer_network_options options;
  event_loop loop;
  ssl_context context;
  name_lookup names;
  peer_book book;
  node_identity identity;
  address where;
  std::unique_ptr<listener> door;
  std::unique_ptr<lan_beacon> beacon; // nullptr: none
  std::list<dial_under_way> dials;
  std::atomic<std::size_t> dial_count{0};
  std::optional<ticker> clock;
  std::thread thread;
};

peer_network::peer_network(std::unique_ptr<state> made) : state_{std::move(made)} {}

peer_network::~peer_network() { state_->end(); }

result<std::unique_ptr<peer_network>> peer_network::open(peer_network_options options) {
  auto own = read_node_certificate(options.credentials.own.chain);
  if (!own)
    return fail(own.error());
  auto context = make_cluster_context(options.credentials);
  if (!context)
    return fail(context.error());
  auto made = std::make_unique<state>(std::move(options), *std::move(context), own->identity);
  if (auto listening = made->listen(); !listening)
    return fail(listening.error());
  made->call_out();
  made->run();
  return std::unique_ptr<peer_network>{new peer_network{std::move(made)}};
}

const node_identity& peer_network::self() const noexcept { return state_->identity; }
const address& peer_network::where() const noexcept { return state_->where; }

void peer_network::dial(std::string host, std::uint16_t port,
                        std::function<void(result<dialed_peer>)> done) {
  auto kept = std::make_shared<kept_promise>(std::move(done));
  state_->loop.post([this, host = std::move(host), port, kept] {
    state_->begin_dial(host, port, std::exchange(kept->call, nullptr));
  });
}

result<done> peer_network::renew(const node_credentials& credentials) {
  auto own = read_node_certificate(credentials.own.chain);
  if (!own)
    return fail(own.error());
  if (own->identity.node != self().node || own->identity.cluster != self().cluster)
    return fail(errc::certificate_refused, "the certificate is another node's");
  auto context = make_cluster_context(credentials);
  if (!context)
    return fail(context.error());
  auto seal = beacon_seal::make(credentials);
  if (!seal)
    return fail(seal.error());
  state_->loop.post([this, fresh = *std::move(context), seal = *std::move(seal)] {
    state_->context = fresh;
    if (state_->beacon)
      state_->beacon->renew(seal);
  });
  return done{};
}

void peer_network::drop(const node_id& node) {
  state_->loop.post([this, node] { state_->book.drop(node); });
}

void peer_network::recheck() {
  state_->loop.post([this] { state_->book.recheck(); });
}

peer_counts peer_network::counts() const {
  auto all = state_->book.counts();
  all.dials = state_->dial_count;
  return all;
}

} // namespace serverme::net

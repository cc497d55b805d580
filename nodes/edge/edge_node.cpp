#include "nodes/edge/edge_node.hpp"

#include "net/listener.hpp"
#include "nodes/edge/agent_session.hpp"
#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/http_visitor.hpp"
#include "nodes/edge/raw_visitor.hpp"
#include "nodes/edge/replayer.hpp"
#include "nodes/edge/tls_front.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <unordered_map>
#include <utility>

namespace serverme::edge {

namespace {

// An agent whose session ends has this long for its last streams.
constexpr milliseconds goodbye_time{2'000};

using listeners = std::vector<std::unique_ptr<net::listener>>;

unsigned loops_for(unsigned wanted) {
  if (wanted > 0)
    return wanted;
  auto cores = std::max(1U, std::thread::hardware_concurrency());
  return cores <= 2 ? 1 : cores;
}

/// Runs on the loop's thread and waits for it. @pre called from elsewhere, the loop runs
template <class Call>
void on_loop(edge_loop& loop, Call call) {
  std::promise<void> done;
  loop.loop().post([&] {
    call();
    done.set_value();
  });
  done.get_future().wait();
}

} // namespace

struct edge_node::state {
  state(edge_config config, certificate_source& certificates)
    : shared{std::move(config), certificates} {
    auto count = loops_for(shared.config.loops);
    for (unsigned i = 0; i < count; ++i)
      shared.loops.push_back(std::make_shared<edge_loop>(shared));
  }

  result<net::address> listen(const net::address& where, listeners& into,
                              void (*accept_one)(edge_loop&, net::stream_socket));

  edge_shared shared;
  listeners http, tls;
  // Public ports of TCP tunnels; the first loop's own.
  std::unordered_map<std::uint16_t, std::unique_ptr<net::listener>> ports;
  net::address http_address, tls_address;
  std::vector<std::thread> threads;
  std::atomic<bool> running{false};
};

namespace {

/// Makes a resident of a new connection, if there is room for one.
template <class Resident, class... Args>
void accept(edge_loop& loop, net::stream_socket socket, Args... args) {
  if (!loop.has_room())
    return;
  auto channel = std::make_unique<net::channel>(loop.loop(), std::move(socket));
  loop.admit(std::make_unique<Resident>(loop, std::move(channel), args...)).start();
}

} // namespace

// Every loop listens itself, so that no connection crosses a thread to be accepted.
result<net::address> edge_node::state::listen(const net::address& where, listeners& into,
                                              void (*accept_one)(edge_loop&, net::stream_socket)) {
  auto bound = where;
  for (auto& loop : shared.loops) {
    auto use = shared.loops.size() == 1 ? net::port_use::alone
               : into.empty()           ? net::port_use::first_of_many
                                        : net::port_use::one_of_many;
    auto opened = net::listener::open(loop->loop(), bound, {.use = use});
    if (!opened)
      return fail(opened.error());
    bound.port = (*opened)->where().port;
    (*opened)->start([&loop = *loop, accept_one](net::stream_socket socket) {
      accept_one(loop, std::move(socket));
    });
    into.push_back(std::move(*opened));
  }
  return into.front()->where();
}

edge_node::edge_node(edge_config config, certificate_source& certificates)
  : state_{std::make_unique<state>(std::move(config), certificates)} {}

edge_node::~edge_node() { stop(); }

result<done> edge_node::open() {
  auto& s = *state_;
  if (!s.http.empty())
    return done{};
  auto http = s.listen(s.shared.config.http, s.http, accept<http_visitor>);
  if (!http)
    return fail(http.error());
  auto tls = s.listen(s.shared.config.tls, s.tls, accept<tls_front>);
  if (!tls)
    return fail(tls.error());
  s.http_address = *http;
  s.tls_address = *tls;
  return done{};
}

result<done> edge_node::start(decisions& deciders) {
  auto& s = *state_;
  s.shared.deciders = &deciders;
  if (auto opened = open(); !opened)
    return fail(opened.error());
  s.running = true;
  for (auto& loop : s.shared.loops)
    s.threads.emplace_back([&loop = *loop] { loop.loop().run(); });
  return done{};
}

void edge_node::stop() {
  auto& s = *state_;
  if (!s.running.exchange(false))
    return;
  auto& loops = s.shared.loops;
  std::vector<std::future<void>> drained;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    auto promise = std::make_shared<std::promise<void>>();
    drained.push_back(promise->get_future());
    on_loop(*loops[i], [&, i] {
      s.http[i]->close();
      s.tls[i]->close();
      if (i == 0)
        s.ports.clear();
      loops[i]->drain([promise] { promise->set_value(); });
    });
  }
  auto deadline = std::chrono::steady_clock::now() + s.shared.config.limits.drain_time;
  for (auto& loop_drained : drained)
    loop_drained.wait_until(deadline);
  for (auto& loop : loops) {
    on_loop(*loop, [&] { loop->shutdown(); });
    loop->loop().stop();
  }
  for (auto& thread : s.threads)
    thread.join();
  s.threads.clear();
}

net::address edge_node::http_address() const { return state_->http_address; }
net::address edge_node::tls_address() const { return state_->tls_address; }
const edge_counters& edge_node::counters() const noexcept { return state_->shared.counters; }

void edge_node::set_credentials(std::shared_ptr<const peer_credentials> fresh) {
  for (auto& loop : state_->shared.loops)
    loop->loop().post([&loop = *loop, fresh] { loop.set_credentials(fresh); });
}

// An edge that drains is a neighbour, but no place to send agents to.
void edge_node::set_neighbours(std::vector<actors::neighbour_edge> all) {
  std::vector<peer_edge> reachable;
  std::vector<std::string> for_agents;
  for (const auto& each : all) {
    auto where = net::parse_address(each.lane_address);
    if (!where || where->host.empty())
      continue;
    reachable.push_back({each.node, *where});
    if (!each.is_draining)
      for_agents.push_back(each.lane_address);
  }
  for (auto& loop : state_->shared.loops)
    loop->loop().post([&loop = *loop, reachable, for_agents] {
      loop.set_peers(reachable);
      loop.tell_of_edges(for_agents);
    });
}

void edge_node::publish_routes(std::shared_ptr<const route_map> routes) {
  state_->shared.counters.routes_known = routes->size();
  for (auto& loop : state_->shared.loops)
    loop->loop().post([&loop = *loop, routes] { loop.set_routes(routes); });
}

void edge_node::open_port(std::uint16_t port, std::function<void(result<done>)> reply) {
  if (!state_->running)
    return reply(fail(errc::draining));
  auto& loop = *state_->shared.loops.front();
  loop.loop().post([this, &loop, port, reply = std::move(reply)] {
    auto opened = net::listener::open(loop.loop(), {state_->shared.config.tcp_host, port});
    if (!opened)
      return reply(fail(errc::port_taken, opened.error().detail));
    (*opened)->start([&loop](net::stream_socket socket) {
      accept<raw_visitor>(loop, std::move(socket), std::string{});
    });
    state_->ports[port] = std::move(*opened);
    reply(done{});
  });
}

void edge_node::close_port(std::uint16_t port) {
  state_->shared.loops.front()->loop().post([this, port] { state_->ports.erase(port); });
}

void edge_node::close_session(session_id session, const lane::goaway& why) {
  auto& loop = state_->shared.loops.front()->home_of(session);
  loop.loop().post([&loop, session, why] {
    if (auto* there = loop.find_session(session))
      there->say_goodbye(why, goodbye_time);
  });
}

void edge_node::drop_endpoint(session_id session, const lane::unbind& what) {
  auto& loop = state_->shared.loops.front()->home_of(session);
  loop.loop().post([&loop, session, what] {
    if (auto* there = loop.find_session(session)) {
      byte_queue payload;
      append_to(payload, what);
      there->send_control(lane::frame_type::unbind, payload);
    }
    loop.endpoint_gone(what.endpoint);
  });
}

void edge_node::replay(const route& where, const capture& original,
                       std::function<void(result<std::shared_ptr<const capture>>)> reply) {
  if (!original.request.is_whole())
    return reply(fail(errc::capture_incomplete));
  if (!state_->running)
    return reply(fail(errc::draining));
  auto& loop = state_->shared.loops.front()->home_of(where.session);
  loop.loop().post([&loop, where, original, reply = std::move(reply)]() mutable {
    if (!loop.has_room())
      return reply(fail(errc::too_busy));
    loop.admit(std::make_unique<replayer>(loop, std::move(reply))).start(where, original);
  });
}

} // namespace serverme::edge

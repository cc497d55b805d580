#include "nodes/edge/edge_node.hpp"

#include "net/listener.hpp"
#include "nodes/edge/agent_session.hpp"
#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/http_visitor.hpp"
#include "nodes/edge/raw_visitor.hpp"
#include "nodes/edge/replayer.hpp"
#include "nodes/edge/tls_front.hpp"

#include <algorithm>
#include <future>
#include <thread>
#include <unordered_map>
#include <utility>

namespace serverme::edge {

namespace {

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
    : shared{std::move(config), certificates, nullptr, {}} {
    auto count = loops_for(shared.config.loops);
    for (unsigned i = 0; i < count; ++i)
      shared.loops.push_back(std::make_unique<edge_loop>(shared));
  }

  result<net::address> listen(const net::address& where, listeners& into,
                              void (*accept)(edge_loop&, net::stream_socket));

  edge_shared shared;
  listeners http, tls;
  // Public ports of TCP tunnels; the first loop's own.
  std::unordered_map<std::uint16_t, std::unique_ptr<net::listener>> ports;
  net::address http_address, tls_address;
  std::vector<std::thread> threads;
  bool running = false;
};

namespace {

bool is_full(edge_loop& loop) { return loop.residents() >= loop.limits().visitors_max; }

void accept_http(edge_loop& loop, net::stream_socket socket) {
  if (is_full(loop))
    return;
  auto channel = std::make_unique<net::channel>(loop.loop(), std::move(socket));
  loop.admit(std::make_unique<http_visitor>(loop, std::move(channel))).start();
}

void accept_tls(edge_loop& loop, net::stream_socket socket) {
  if (is_full(loop))
    return;
  auto channel = std::make_unique<net::channel>(loop.loop(), std::move(socket));
  loop.admit(std::make_unique<tls_front>(loop, std::move(channel))).start();
}

void accept_tcp(edge_loop& loop, net::stream_socket socket) {
  if (is_full(loop))
    return;
  auto channel = std::make_unique<net::channel>(loop.loop(), std::move(socket));
  loop.admit(std::make_unique<raw_visitor>(loop, std::move(channel), std::string{})).start({});
}

} // namespace

// Every loop listens itself, so that no connection crosses a thread to be accepted.
result<net::address> edge_node::state::listen(const net::address& where, listeners& into,
                                              void (*accept)(edge_loop&, net::stream_socket)) {
  auto bound = where;
  for (auto& loop : shared.loops) {
    auto opened = net::listener::open(loop->loop(), bound, {.share_port = shared.loops.size() > 1});
    if (!opened)
      return fail(opened.error());
    bound.port = (*opened)->where().port;
    (*opened)->start(
      [&loop = *loop, accept](net::stream_socket socket) { accept(loop, std::move(socket)); });
    into.push_back(std::move(*opened));
  }
  return into.front()->where();
}

edge_node::edge_node(edge_config config, certificate_source& certificates)
  : state_{std::make_unique<state>(std::move(config), certificates)} {}

edge_node::~edge_node() { stop(); }

result<done> edge_node::start(decisions& deciders) {
  auto& s = *state_;
  s.shared.deciders = &deciders;
  auto http = s.listen(s.shared.config.http, s.http, accept_http);
  if (!http)
    return fail(http.error());
  auto tls = s.listen(s.shared.config.tls, s.tls, accept_tls);
  if (!tls)
    return fail(tls.error());
  s.http_address = *http;
  s.tls_address = *tls;
  for (auto& loop : s.shared.loops)
    s.threads.emplace_back([&loop = *loop] { loop.loop().run(); });
  s.running = true;
  return done{};
}

void edge_node::stop() {
  auto& s = *state_;
  if (!std::exchange(s.running, false))
    return;
  auto& loops = s.shared.loops;
  for (std::size_t i = 0; i < loops.size(); ++i)
    on_loop(*loops[i], [&, i] {
      s.http[i]->close();
      s.tls[i]->close();
      if (i == 0)
        s.ports.clear();
      loops[i]->drain();
    });
  auto deadline = std::chrono::steady_clock::now() + s.shared.config.limits.drain_time;
  auto busy = [&] {
    bool any = false;
    for (auto& loop : loops)
      on_loop(*loop, [&] { any = any || loop->has_streams(); });
    return any;
  };
  while (busy() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds{20});
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

void edge_node::publish_routes(std::shared_ptr<const route_map> routes) {
  for (auto& loop : state_->shared.loops)
    loop->loop().post([&loop = *loop, routes] { loop.set_routes(routes); });
}

void edge_node::open_port(std::uint16_t port, std::function<void(result<done>)> reply) {
  auto& loop = *state_->shared.loops.front();
  loop.loop().post([this, &loop, port, reply = std::move(reply)] {
    auto opened = net::listener::open(loop.loop(), {state_->shared.config.tcp_host, port});
    if (!opened)
      return reply(fail(errc::port_taken, opened.error().detail));
    (*opened)->start([&loop](net::stream_socket socket) { accept_tcp(loop, std::move(socket)); });
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
      there->say_goodbye(why);
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
  auto& loop = state_->shared.loops.front()->home_of(where.session);
  loop.loop().post([&loop, where, original, reply = std::move(reply)]() mutable {
    loop.admit(std::make_unique<replayer>(loop, std::move(reply))).start(where, original);
  });
}

} // namespace serverme::edge

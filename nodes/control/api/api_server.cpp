#include "nodes/control/api/api_server.hpp"

#include "nodes/control/api/http_peer.hpp"
#include "nodes/control/api/resources.hpp"

#include <algorithm>
#include <thread>

namespace serverme::control {

struct api_server::state {
  state(caf::actor_system& system, api_settings settings, api_actors whom)
    : context{system, loop, std::move(settings), std::move(whom)},
      service{context},
      peers{context.settings.connections_max} {}

  void greet(net::stream_socket socket) {
    if (peers.is_full())
      make_room();
    if (peers.is_full()) {
      ++context.connections_refused;
      return refuse_http_peer(std::move(socket));
    }
    open_http_peer(std::move(socket), service, peers, context.settings);
  }

  /// Who holds a connection and neither asks nor reads keeps nobody out who does.
  void make_room() {
    auto slowest = peers.longest_waiting();
    if (!slowest)
      return;
    ++context.connections_dropped;
    slowest->close();
    peers.retire(*slowest);
  }

  /// Whose streams are open: is his key still good? One question for all.
  void check_open_streams() {
    check_keys question;
    for (const auto& who : peers.all()) {
      if (auto key = who->trusted_key())
        question.keys.push_back(*key);
    }
    if (question.keys.empty())
      return;
    context.ask<good_keys>(context.whom.store, context.settings.ask_time, std::move(question),
                           [this](const result<good_keys>& good) {
                             if (good) // while nobody knows, what is open stays so
                               end_revoked(good->keys);
                           });
  }

  void end_revoked(const std::vector<key_id>& good) {
    for (const auto& who : peers.all()) {
      auto key = who->trusted_key();
      if (key && std::find(good.begin(), good.end(), *key) == good.end())
        who->on_key_revoked();
    }
  }

  std::shared_ptr<net::event_loop> loop = std::make_shared<net::event_loop>();
  api_context context;
  api_service service;
  api_peers peers;
  std::unique_ptr<net::listener> listener;
  std::unique_ptr<net::ticker> ticker;
  net::address where;
  std::thread thread;
};

api_server::api_server(caf::actor_system& system, api_settings settings, api_actors whom)
  : state_{std::make_unique<state>(system, std::move(settings), std::move(whom))} {}

api_server::~api_server() { stop(); }

result<done> api_server::start() {
  auto& it = *state_;
  auto listener = net::listener::open(*it.loop, it.context.settings.listen);
  if (!listener)
    return fail(listener.error());
  it.listener = *std::move(listener);
  it.where = it.listener->where();
  it.listener->start([&it](net::stream_socket socket) { it.greet(std::move(socket)); });
  it.ticker = std::make_unique<net::ticker>(*it.loop, it.context.settings.key_trust,
                                            [&it](time_point) { it.check_open_streams(); });
  it.thread = std::thread{[&it] { it.loop->run(); }};
  return done{};
}

void api_server::stop() {
  auto& it = *state_;
  if (!it.thread.joinable())
    return;
  it.loop->post([&it] {
    it.listener.reset();
    it.ticker.reset();
    for (const auto& who : it.peers.all())
      who->close();
    it.loop->stop();
  });
  it.thread.join();
}

net::address api_server::address() const { return state_->where; }

std::vector<named_count> api_server::counters() const { return counts_of(state_->context); }

} // namespace serverme::control

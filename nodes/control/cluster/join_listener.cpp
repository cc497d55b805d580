#include "nodes/control/cluster/join_listener.hpp"

#include "net/cluster/join_tls.hpp"
#include "nodes/control/api/answers.hpp"
#include "nodes/control/cluster/join_peer.hpp"

#include <boost/asio/ip/address.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <thread>
#include <unordered_map>
#include <utility>

namespace serverme::control {

namespace {

constexpr milliseconds looked_at_every{500};

/// Whoever has one IPv6 address has a /64 of them.
std::string source_of(const std::string& host) {
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(host, error);
  if (error || !address.is_v6() || address.to_v6().is_v4_mapped())
    return host;
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), static_cast<unsigned char>(0));
  return boost::asio::ip::make_address_v6(bytes).to_string();
}

} // namespace

struct join_listener::state final : join_host {
  state(join_listener_settings how, database_settings database, authority ca)
    : settings{std::move(how)},
      rate{settings.rate},
      outcomes{std::make_shared<join_outcomes>()},
      desk{std::move(database), std::move(ca), outcomes} {}

  // On the loop.
  void greet(net::stream_socket socket);
  bool has_room_for(const std::string& source);
  bool has_room(std::size_t most, const std::function<bool(const join_peer&)>& counts_here);
  void drop(join_peer& who);
  void look(time_point now);
  void on_request(join_peer& who, join_call call) override;
  void on_left(join_peer& who, parting how) override;
  void on_answer(std::uint64_t number, const api_answer& answer);

  const join_listener_settings settings;
  source_rate rate;
  std::shared_ptr<join_outcomes> outcomes;
  join_desk desk;

  // The desk first: what it posts back finds the loop.
  net::event_loop loop, desk_loop;
  net::ssl_context context;
  std::unique_ptr<net::listener> door;
  std::unique_ptr<net::ticker> ticker;
  // By a number that is never used again: an answer may come for one who has left.
  std::unordered_map<std::uint64_t, std::unique_ptr<join_peer>> peers;
  std::unordered_map<const join_peer*, std::uint64_t> numbers;
  std::uint64_t next_number = 1;
  std::size_t waiting = 0;
  net::address where;

  struct {
    std::atomic<std::uint64_t> accepted{0}, refused_rate{0}, refused_source{0}, refused_full{0},
      late{0}, broken{0}, requests{0}, refused_busy{0};
  } counts;
  std::thread thread, desk_thread;
};

void join_listener::state::greet(net::stream_socket socket) {
  boost::system::error_code error;
  auto peer = socket.remote_endpoint(error);
  if (error)
    return; // gone already
  auto source = source_of(net::address_of(peer.data(), peer.size()).host);
  if (!has_room_for(source))
    return;
  ++counts.accepted;
  auto number = next_number++;
  auto made = std::make_unique<join_peer>(*this, loop, std::move(socket), std::move(source));
  auto& there = *made;
  numbers.emplace(&there, number);
  peers.emplace(number, std::move(made));
  there.start(context);
}

bool join_listener::state::has_room_for(const std::string& source) {
  if (!rate.take(source, loop.now())) {
    ++counts.refused_rate;
    return false;
  }
  auto is_same = [&](const join_peer& who) { return who.source() == source; };
  if (!has_room(settings.connections_per_source, is_same)) {
    ++counts.refused_source;
    return false;
  }
  if (!has_room(settings.connections_max, [](const join_peer&) { return true; })) {
    ++counts.refused_full;
    return false;
  }
  return true;
}

/// Whoever connects and asks nothing keeps nobody out: the oldest of them makes room.
bool join_listener::state::has_room(std::size_t most,
                                    const std::function<bool(const join_peer&)>& counts_here) {
  std::size_t count = 0;
  join_peer* oldest = nullptr;
  for (const auto& [number, who] : peers) {
    if (!counts_here(*who))
      continue;
    ++count;
    if (!who->has_asked() && (oldest == nullptr || who->since() < oldest->since()))
      oldest = who.get();
  }
  if (count < most)
    return true;
  if (oldest == nullptr)
    return false;
  ++counts.late;
  oldest->close();
  drop(*oldest);
  return true;
}

void join_listener::state::drop(join_peer& who) {
  auto number = numbers.find(&who);
  if (number == numbers.end())
    return;
  auto found = peers.find(number->second);
  // It may be in the middle of a call: destroyed once that is over.
  loop.post([gone = std::shared_ptr<join_peer>{std::move(found->second)}] {});
  peers.erase(found);
  numbers.erase(number);
}

void join_listener::state::look(time_point now) {
  std::vector<join_peer*> late;
  for (const auto& [number, who] : peers) {
    auto patience = who->has_asked() ? 2 * settings.request_time : settings.request_time;
    if (now - who->since() > patience)
      late.push_back(who.get());
  }
  for (auto* who : late) {
    ++counts.late;
    who->close();
    drop(*who);
  }
}

void join_listener::state::on_request(join_peer& who, join_call call) {
  ++counts.requests;
  if (waiting >= settings.waiting_max) {
    ++counts.refused_busy;
    return who.answer(error_answer(fail(errc::api_unavailable, "too many nodes ask at once")));
  }
  ++waiting;
  auto number = numbers.at(&who);
  desk_loop.post([this, number, call = std::move(call)] {
    auto told = desk.answer(call);
    loop.post([this, number, told = std::move(told)] { on_answer(number, told); });
  });
}

void join_listener::state::on_answer(std::uint64_t number, const api_answer& answer) {
  --waiting;
  if (auto who = peers.find(number); who != peers.end())
    who->second->answer(answer);
}

void join_listener::state::on_left(join_peer& who, parting how) {
  if (how == parting::broken)
    ++counts.broken;
  drop(who);
}

join_listener::join_listener(join_listener_settings settings, database_settings database,
                             authority ca)
  : state_{std::make_unique<state>(std::move(settings), std::move(database), std::move(ca))} {}

join_listener::~join_listener() { stop(); }

result<done> join_listener::start(const net::node_credentials& own) {
  auto& it = *state_;
  auto context = net::make_join_server_context(own);
  if (!context)
    return fail(context.error());
  it.context = *std::move(context);
  auto door = net::listener::open(it.loop, it.settings.listen);
  if (!door)
    return fail(door.error());
  it.door = *std::move(door);
  it.where = it.door->where();
  it.door->start([&it](net::stream_socket socket) { it.greet(std::move(socket)); });
  it.ticker = std::make_unique<net::ticker>(it.loop, looked_at_every,
                                            [&it](time_point now) { it.look(now); });
  it.desk_thread = std::thread{[&it] { it.desk_loop.run(); }};
  it.thread = std::thread{[&it] { it.loop.run(); }};
  return done{};
}

result<done> join_listener::use(const net::node_credentials& own) {
  auto context = net::make_join_server_context(own);
  if (!context)
    return fail(context.error());
  state_->loop.post([&it = *state_, context = *std::move(context)] { it.context = context; });
  return done{};
}

void join_listener::stop() {
  auto& it = *state_;
  if (!it.thread.joinable())
    return;
  it.loop.post([&it] {
    it.door.reset();
    it.ticker.reset();
    for (const auto& [number, who] : it.peers)
      who->close();
    it.peers.clear();
    it.numbers.clear();
    it.loop.stop();
  });
  it.thread.join();
  it.desk_loop.stop();
  it.desk_thread.join();
}

net::address join_listener::address() const { return state_->where; }

join_listener_counts join_listener::counts() const {
  const auto& from = state_->counts;
  const auto& outcomes = *state_->outcomes;
  return {.accepted = from.accepted,
          .refused_rate = from.refused_rate,
          .refused_source = from.refused_source,
          .refused_full = from.refused_full,
          .late = from.late,
          .broken = from.broken,
          .requests = from.requests,
          .refused_busy = from.refused_busy,
          .joined = outcomes.joined,
          .renewed = outcomes.renewed,
          .left = outcomes.left,
          .refused = outcomes.refused};
}

} // namespace serverme::control

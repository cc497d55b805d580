#include "cli/agent.hpp"

#include "cli/edge_session.hpp"
#include "cli/local_http_stream.hpp"
#include "cli/local_raw_stream.hpp"
#include "cli/tunnel_binding.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace serverme::cli {

namespace {

struct tunnel {
  tunnel(net::event_loop& loop, tunnel_plan wanted)
    : plan{std::move(wanted)}, binding{plan.endpoint}, service{loop, plan.local} {}

  tunnel_plan plan;
  tunnel_binding binding;
  local_service service;
};

} // namespace

struct agent::state final : session_user, stream_home {
  state(net::event_loop& on, agent_config config, agent_observer& who)
    : run_on{on},
      observer{who},
      session{on,
              {std::move(config.server), std::move(config.ca_file), std::move(config.api_key),
               config.backoff},
              *this},
      sweeping{on, [this] { sweep(); }} {
    for (auto& plan : config.tunnels)
      tunnels.push_back(std::make_unique<tunnel>(on, std::move(plan)));
  }

  // The session.
  void on_connecting() override { observer.on_connecting(); }
  void on_connected(const std::string& node, bool resumed) override;
  void on_disconnected(const failure& why) override;
  void on_reconnecting(milliseconds pause) override { observer.on_reconnecting(pause); }
  result<done> on_bound(const lane::bound& answer) override;
  void on_unbound(const lane::unbind& what) override;
  void on_round_trip(microseconds time) override { observer.on_round_trip(time); }
  void on_companion_changed(const std::string& node) override {
    observer.on_companion_changed(node);
  }
  void on_tick(time_point now) override;
  void on_over(const std::optional<failure>& why) override;
  lane::stream_handler* on_stream(lane::core& core, lane::stream_id id, const lane::open& message,
                                  bytes_view first) override;

  // The streams.
  net::event_loop& loop() noexcept override { return run_on; }
  void retire(local_stream& stream) override;
  agent_counters& counters() noexcept override { return counted; }
  void on_exchange(const request_line& exchange) override { observer.on_request(exchange); }
  http1::response_head& scratch() noexcept override { return response; }

  void ask();
  void note(std::size_t which, tunnel_binding::verdict verdict);
  void end_if_nothing_is_served(const failure& why);
  void sweep();

  net::event_loop& run_on;
  agent_observer& observer;
  agent_counters counted;
  http1::response_head response;
  std::vector<std::unique_ptr<tunnel>> tunnels;
  std::uint32_t requests = 0;

  // Its lanes outlive the streams, which outlive nothing of the above.
  edge_session session;
  using stream_map = std::unordered_map<local_stream*, std::unique_ptr<local_stream>>;
  stream_map streams, raw_streams;
  std::vector<std::unique_ptr<local_stream>> retired;
  net::turn_task sweeping;
};

void agent::state::on_connected(const std::string& node, bool resumed) {
  observer.on_connected(node, resumed);
  for (std::size_t i = 0; i < tunnels.size(); ++i)
    note(i, tunnels[i]->binding.on_connected(resumed, run_on.now()));
  ask();
}

void agent::state::on_disconnected(const failure& why) {
  for (auto& each : tunnels)
    each->binding.on_disconnected();
  observer.on_disconnected(why);
}

void agent::state::ask() {
  auto now = run_on.now();
  for (auto& each : tunnels) {
    if (!session.is_connected() || !each->binding.wants_to_ask(now))
      continue;
    byte_queue payload;
    append_to(payload, each->binding.ask(++requests, now));
    session.send_control(lane::frame_type::bind, payload);
  }
}

result<done> agent::state::on_bound(const lane::bound& answer) {
  if (answer.request == 0 || answer.request > requests)
    return fail(errc::protocol_violation, "BOUND for a BIND that was never sent");
  auto now = run_on.now();
  for (std::size_t i = 0; i < tunnels.size(); ++i)
    note(i, tunnels[i]->binding.on_bound(answer, now));
  return done{};
}

void agent::state::note(std::size_t which, tunnel_binding::verdict verdict) {
  const auto& binding = tunnels[which]->binding;
  switch (verdict) {
    case tunnel_binding::verdict::nothing: return;
    case tunnel_binding::verdict::ready: return observer.on_tunnel_ready(which, binding.urls());
    case tunnel_binding::verdict::waiting: return observer.on_tunnel_waiting(which, binding.why());
    case tunnel_binding::verdict::refused:
      observer.on_tunnel_refused(which, binding.why());
      return end_if_nothing_is_served(binding.why());
  }
}

void agent::state::on_unbound(const lane::unbind& what) {
  for (std::size_t i = 0; i < tunnels.size(); ++i)
    if (tunnels[i]->binding.on_unbound(what))
      note(i, tunnel_binding::verdict::refused);
}

void agent::state::end_if_nothing_is_served(const failure& why) {
  if (std::ranges::all_of(tunnels, [](const auto& each) { return each->binding.is_over(); }))
    session.leave(why);
}

void agent::state::on_tick(time_point now) {
  for (auto& each : tunnels)
    each->service.pool().on_tick(now);
  ask();
}

void agent::state::on_over(const std::optional<failure>& why) { observer.on_stopped(why); }

// By the endpoint and nothing else: a visitor reaches the service that his URL names, or none.
lane::stream_handler* agent::state::on_stream(lane::core& core, lane::stream_id id,
                                              const lane::open& message, bytes_view first) {
  auto found = std::ranges::find_if(
    tunnels, [&](const auto& each) { return each->binding.serves(message.endpoint); });
  if (found == tunnels.end()) {
    core.reset(id, errc::no_such_endpoint);
    return nullptr;
  }
  auto& to = **found;
  if (to.plan.endpoint.kind == endpoint_kind::http) {
    ++counted.requests;
    auto which = static_cast<std::size_t>(found - tunnels.begin());
    auto made = std::make_unique<local_http_stream>(*this, core, id, to.service, which);
    auto* stream = made.get();
    streams.emplace(stream, std::move(made));
    stream->start(first);
    return stream;
  }
  ++counted.connections;
  auto made = std::make_unique<local_raw_stream>(*this, core, id, to.service);
  auto* stream = made.get();
  raw_streams.emplace(stream, std::move(made));
  stream->start(message, to.plan.proxy, first);
  observer.on_visitors_changed(raw_streams.size());
  return stream;
}

// Not at once: a call of the stream's may be under way.
void agent::state::retire(local_stream& stream) {
  auto is_raw = raw_streams.contains(&stream);
  auto node = (is_raw ? raw_streams : streams).extract(&stream);
  if (node.empty())
    return;
  retired.push_back(std::move(node.mapped()));
  sweeping.request();
  if (is_raw)
    observer.on_visitors_changed(raw_streams.size());
}

void agent::state::sweep() { auto over = std::exchange(retired, {}); }

agent::agent(net::event_loop& loop, agent_config config, agent_observer& observer)
  : state_{std::make_shared<state>(loop, std::move(config), observer)} {}

agent::~agent() = default;

void agent::start() { state_->session.start(); }
void agent::stop() { state_->session.leave({}); }
agent_counters agent::counters() const noexcept { return state_->counted; }

} // namespace serverme::cli

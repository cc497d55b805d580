#include "tests/unit/cli/stub_edge.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace serverme::tests {

namespace {

constexpr heartbeat_limits edge_liveness{.ping_after = milliseconds{0},
                                         .dead_after = milliseconds{9'000}};

} // namespace

stub_visitor::stub_visitor(lane::core& core, endpoint_id endpoint, endpoint_kind kind,
                           std::string_view first)
  : core_{core} {
  std::size_t taken = 0;
  lane::open message{.endpoint = endpoint,
                     .kind = kind,
                     .visitor_address = "203.0.113.7",
                     .visitor_port = 55123,
                     .server_address = "192.0.2.1",
                     .server_port = 443};
  id_ = *core_.open_stream(message, as_bytes(first), taken, *this);
  send(first.substr(taken));
}

void stub_visitor::on_data(bytes_view bytes) {
  received += as_text(bytes);
  if (reads)
    core_.consumed(id_, bytes.size(), std::chrono::steady_clock::now());
}

void stub_visitor::on_writable() {
  waiting_.consume(core_.write(id_, waiting_.view()));
  if (waiting_.empty() && finishing_)
    core_.finish(id_);
}

void stub_visitor::send(std::string_view bytes) {
  waiting_.append(bytes);
  if (!waiting_.empty())
    on_writable();
}

void stub_visitor::finish() {
  finishing_ = true;
  on_writable();
}

stub_lane::stub_lane(stub_edge& edge, std::unique_ptr<net::channel> connection)
  : edge_{edge}, link_{std::move(connection), lane::side::edge, lane::core_limits{},
                       edge_liveness,         budget_,          *this} {
  link_.start();
}

lane::stream_handler* stub_lane::on_stream(lane::stream_id, const lane::open&, bytes_view) {
  return nullptr;
}

void stub_lane::on_control(lane::frame_type type, bytes_view payload) {
  switch (type) {
    case lane::frame_type::hello: return edge_.on_hello(*this, *lane::parse_hello(payload));
    case lane::frame_type::bind: return edge_.on_bind(*this, *lane::parse_bind(payload));
    case lane::frame_type::goaway:
      goodbye = *lane::parse_goaway(payload);
      // As the edge does, once no stream is left.
      if (!edge_.keeps_lanes)
        link_.connection().loop().post([this] { link_.close_gently(); });
      return;
    default: return;
  }
}

stub_edge::stub_edge(net::event_loop& loop, const net::certificate_pem& certificate)
  : loop_{loop},
    context_{*net::make_server_context(certificate, {"serverme/1"})},
    listener_{*net::listener::open(loop, {"127.0.0.1", 0})} {
  admit = [](const lane::hello& hello) -> result<lane::welcome> {
    if (hello.api_key != "good" && hello.resume_token != "token")
      return fail(errc::key_invalid);
    auto is_known = hello.session == session_id{7} && hello.resume_token == "token";
    return lane::welcome{.version = 1,
                         .session = session_id{7},
                         .resume_token = is_known ? "" : "token",
                         .resumed = is_known,
                         .node = "here",
                         .ping_after = milliseconds{4'000},
                         .lanes_max = 4,
                         .window = lane::core_limits{}.window_initial};
  };
  answer = [this](const lane::bind& wish) -> std::optional<lane::bound> {
    auto name = wish.endpoint.name.empty() ? "random" : wish.endpoint.name;
    auto port = wish.endpoint.port == 0 ? std::uint16_t{10'001} : wish.endpoint.port;
    // The same wish is the same endpoint.
    for (auto known : bound)
      if (known.name == name && known.port == port) {
        known.request = wish.request;
        return known;
      }
    return lane::bound{.request = wish.request,
                       .endpoint = endpoint_id{100 + bound.size()},
                       .name = name,
                       .port = port,
                       .urls = {"http://" + name + ".test"}};
  };
  listener_->start([this](net::stream_socket socket) {
    auto connection = std::make_unique<net::channel>(loop_, std::move(socket));
    connection->secure(net::tls_session::accept(context_));
    lanes.push_back(std::make_unique<stub_lane>(*this, std::move(connection)));
  });
}

stub_edge::~stub_edge() = default;

void stub_edge::on_hello(stub_lane& from, const lane::hello& hello) {
  from.hello = hello;
  from.core().set_peer_window(hello.window);
  auto outcome = admit(hello);
  if (outcome)
    from.say(lane::frame_type::hello, *outcome);
  else
    from.say(lane::frame_type::goaway, lane::goaway{.code = outcome.error().code,
                                                    .detail = outcome.error().detail,
                                                    .retry_after = retry_after});
}

void stub_edge::on_bind(stub_lane& from, const lane::bind& wish) {
  wishes.push_back(wish);
  auto reply = answer(wish);
  if (!reply)
    return;
  auto is_new = [&](const lane::bound& known) { return known.endpoint != reply->endpoint; };
  if (!reply->error && std::ranges::all_of(bound, is_new))
    bound.push_back(*reply);
  from.say(lane::frame_type::bound, *reply);
}

std::unique_ptr<stub_visitor> stub_edge::visit(std::string_view first, std::size_t which) {
  return std::make_unique<stub_visitor>(lane().core(), bound.at(which).endpoint,
                                        endpoint_kind::http, first);
}

void stub_edge::drop_lanes() {
  for (auto& lane : lanes)
    if (!lane->closed)
      lane->drop();
}

stub_lane* stub_edge::lane_of(bool companion) {
  for (auto each = lanes.rbegin(); each != lanes.rend(); ++each)
    if (!(*each)->closed && (*each)->hello && (*each)->hello->companion == companion)
      return each->get();
  return nullptr;
}

void recording_observer::on_connected(const std::string& node, bool resumed) {
  connected_to = node;
  connections.push_back(resumed);
}

void recording_observer::on_tunnel_ready(std::size_t tunnel, const std::vector<std::string>& urls) {
  ready.emplace_back(tunnel, urls);
}

void recording_observer::on_tunnel_refused(std::size_t tunnel, const failure& why) {
  refused.emplace_back(tunnel, why);
}

void recording_observer::on_stopped(const std::optional<failure>& why) {
  stopped = true;
  stopped_for = why;
}

void stub_service::connection::answer(std::string_view bytes) {
  user.received.clear();
  send(bytes);
}

stub_service::stub_service(net::event_loop& loop, net::ssl_context tls)
  : tls_{std::move(tls)}, listener_{*net::listener::open(loop, {"127.0.0.1", 0})} {
  listener_->start([this, &loop](net::stream_socket socket) {
    auto made = std::make_unique<connection>();
    made->channel = std::make_unique<net::channel>(loop, std::move(socket));
    made->user.heard = [this, raw = made.get()] {
      if (on_request)
        on_request(*raw);
    };
    if (tls_)
      made->channel->secure(net::tls_session::accept(tls_));
    made->channel->start(made->user);
    connections.push_back(std::move(made));
  });
}

cli::local_target stub_service::target() const {
  return {.security = tls_ ? cli::local_security::tls : cli::local_security::plain,
          .host = "localhost",
          .port = port()};
}

agent_world::agent_world() = default;
agent_world::~agent_world() { agent.reset(); }

cli::tunnel_plan agent_world::plan(endpoint_kind kind, const std::string& name) const {
  return {.endpoint = {.kind = kind, .name = name}, .local = service.target()};
}

void agent_world::start(std::vector<cli::tunnel_plan> tunnels) {
  cli::agent_config config{
    .server = edge.where(), .ca_file = ca.path(), .api_key = "good", .tunnels = std::move(tunnels)};
  agent = std::make_unique<cli::agent>(loop, std::move(config), seen);
  agent->start();
}

void agent_world::start_ready(std::vector<cli::tunnel_plan> tunnels) {
  auto count = tunnels.size();
  start(std::move(tunnels));
  if (!await([&] { return seen.ready.size() == count; }))
    throw std::runtime_error{"the agent is not ready"};
}

} // namespace serverme::tests

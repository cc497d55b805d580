#include "tests/unit/edge/stub_agent.hpp"

#include "net/digest.hpp"
#include "net/listener.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace serverme::tests {

namespace asio = boost::asio;

void easy_decisions::greet(const lane::hello& greeting, const std::string&,
                           std::function<void(result<edge::admission>)> reply) {
  if (greeting.api_key == "slow") {
    std::lock_guard guard{mutex_};
    unanswered_.push_back(std::move(reply));
    return;
  }
  if (greeting.api_key != "good")
    return reply(fail(errc::key_invalid));
  std::lock_guard guard{mutex_};
  auto session = greeting.session.value_or(session_id{++last_id_});
  reply(edge::admission{session, account_id{1}, "token", greeting.session.has_value()});
}

void easy_decisions::lanes_changed(session_id session, std::size_t lanes) {
  std::lock_guard guard{mutex_};
  lanes_[session] = lanes;
}

void easy_decisions::bind(session_id session, const endpoint_request& wanted,
                          std::function<void(result<edge::served_endpoint>)> reply) {
  route entry{.kind = wanted.kind,
              .inspect = wanted.inspect,
              .port = wanted.port,
              .host = wanted.kind == endpoint_kind::tcp ? "" : wanted.name + ".test",
              .session = session,
              .owner = account_id{1},
              .host_header = wanted.host_header};
  if (!wanted.basic_auth.empty())
    entry.basic_auth_digest = net::sha256(wanted.basic_auth);
  {
    std::lock_guard guard{mutex_};
    entry.endpoint = endpoint_id{++last_id_};
    entry.generation = generation{last_id_};
  }
  edge::served_endpoint served{entry.endpoint, wanted.name, wanted.port, {}};
  put(std::move(entry));
  if (wanted.kind != endpoint_kind::tcp)
    return reply(served);
  edge_.open_port(wanted.port, [reply, served](result<done> outcome) {
    if (outcome)
      reply(served);
    else
      reply(fail(outcome.error()));
  });
}

void easy_decisions::answer_the_slow() {
  std::vector<std::function<void(result<edge::admission>)>> replies;
  {
    std::lock_guard guard{mutex_};
    replies.swap(unanswered_);
  }
  for (auto& reply : replies)
    reply(edge::admission{session_id{999}, account_id{1}, "token"});
}

std::size_t easy_decisions::slow() {
  std::lock_guard guard{mutex_};
  return unanswered_.size();
}

std::uint64_t easy_decisions::visits() {
  std::lock_guard guard{mutex_};
  return visits_;
}

void easy_decisions::used(const std::vector<edge::endpoint_usage>& report) {
  std::lock_guard guard{mutex_};
  for (const auto& one : report)
    visits_ += one.visits;
}

void easy_decisions::unbind(session_id, endpoint_id) {}
void easy_decisions::leave(session_id) {}

std::shared_ptr<const capture> easy_decisions::captured(std::unique_ptr<capture> exchange) {
  std::lock_guard guard{mutex_};
  captures_.push_back(std::move(exchange));
  return captures_.back();
}

void easy_decisions::promise(const std::string& host, session_id session) {
  put({.endpoint = endpoint_id{1}, .host = host, .session = session, .generation = generation{1}});
}

std::vector<std::shared_ptr<const capture>> easy_decisions::captures() {
  std::lock_guard guard{mutex_};
  return captures_;
}

std::size_t easy_decisions::lanes_of(session_id session) {
  std::lock_guard guard{mutex_};
  return lanes_[session];
}

const route* easy_decisions::find(const std::string& host) {
  std::lock_guard guard{mutex_};
  return routes_.find_host(host);
}

void easy_decisions::put(route entry) {
  std::lock_guard guard{mutex_};
  routes_.put(std::move(entry));
  edge_.publish_routes(std::make_shared<const route_map>(routes_));
}

one_certificate::one_certificate(const net::certificate_pem& certificate)
  : context_{*net::make_server_context(certificate, {edge::alpn_lane, edge::alpn_http})} {}

net::ssl_context one_certificate::find(std::string_view) { return has_any ? context_ : nullptr; }

stub_stream::stub_stream(stub_agent& agent, lane::stream_id id, lane::open message,
                         bytes_view first)
  : opened{std::move(message)}, received{as_text(first)}, agent_{agent}, id_{id} {}

void stub_stream::on_data(bytes_view bytes) {
  received += as_text(bytes);
  held_back_ += bytes.size();
  if (!holds_back_)
    give_back();
  if (agent_.on_request)
    agent_.on_request(*this);
}

void stub_stream::give_back() {
  holds_back_ = false;
  agent_.core().consumed(id_, std::exchange(held_back_, 0), std::chrono::steady_clock::now());
}

void stub_stream::on_finish() {
  ended = true;
  if (agent_.on_request)
    agent_.on_request(*this);
}

void stub_stream::on_writable() {
  waiting_.consume(agent_.core().write(id_, waiting_.view()));
  if (waiting_.empty() && finishing_)
    agent_.core().finish(id_);
}

void stub_stream::on_reset(errc why) { reset_by_peer = why; }

void stub_stream::send(const std::string& bytes) {
  if (reset_by_peer)
    return;
  waiting_.append(bytes);
  on_writable();
}

void stub_stream::finish() {
  finishing_ = true;
  on_writable();
}

void stub_stream::reset(errc why) { agent_.core().reset(id_, why); }

stub_agent::stub_agent(net::event_loop& loop, const net::address& edge,
                       const net::ssl_context& trust, std::string key,
                       std::optional<session_id> resumed)
  : key_{std::move(key)}, resumed_{resumed} {
  auto connection = std::make_unique<net::channel>(loop, connect_to(loop, edge));
  connection->secure(net::tls_session::connect(trust, "edge.test"));
  link_ = std::make_unique<net::lane_link>(std::move(connection), lane::side::agent,
                                           lane::core_limits{}, heartbeat_limits{}, budget_, *this);
  link_->start();
}

stub_agent::~stub_agent() = default;

void stub_agent::bind(const endpoint_request& wanted) {
  byte_queue payload;
  append_to(payload, lane::bind{++requests_, wanted});
  link_->send_control(lane::frame_type::bind, payload);
}

void stub_agent::say_goodbye(errc why) {
  byte_queue payload;
  append_to(payload, lane::goaway{.code = why});
  link_->send_control(lane::frame_type::goaway, payload);
}

void stub_agent::on_lane_ready() {
  byte_queue payload;
  append_to(payload, lane::hello{.api_key = key_,
                                 .session = resumed_,
                                 .agent = "stub",
                                 .window = lane::core_limits{}.window_initial});
  link_->send_control(lane::frame_type::hello, payload);
}

lane::stream_handler* stub_agent::on_stream(lane::stream_id id, const lane::open& message,
                                            bytes_view first) {
  streams.push_back(std::make_unique<stub_stream>(*this, id, message, first));
  auto& stream = *streams.back();
  // Answered from the loop: the core knows the stream only after this call.
  link_->connection().loop().post([this, &stream, id, size = first.size()] {
    core().consumed(id, size, std::chrono::steady_clock::now());
    if (on_request)
      on_request(stream);
  });
  return &stream;
}

void stub_agent::on_control(lane::frame_type type, bytes_view payload) {
  switch (type) {
    case lane::frame_type::hello:
      welcome = *lane::parse_welcome(payload);
      core().set_peer_window(welcome->window);
      return;
    case lane::frame_type::bound: bound.push_back(*lane::parse_bound(payload)); return;
    case lane::frame_type::goaway: goaway = *lane::parse_goaway(payload); return;
    case lane::frame_type::unbind: unbound.push_back(lane::parse_unbind(payload)->endpoint); return;
    case lane::frame_type::edges: edges.push_back(*lane::parse_edges(payload)); return;
    default: return;
  }
}

void stub_agent::on_lane_closed(const failure& why) { closed = why; }

std::uint16_t free_port(net::event_loop& loop) {
  auto listening = net::listener::open(loop, {"127.0.0.1", 0});
  return (*listening)->where().port;
}

net::stream_socket connect_to(net::event_loop& loop, const net::address& where) {
  using asio::ip::tcp;
  asio::basic_stream_socket<tcp, net::event_loop::executor> socket{loop.context()};
  socket.connect({asio::ip::make_address(where.host), where.port});
  return net::stream_socket{std::move(socket)};
}

} // namespace serverme::tests

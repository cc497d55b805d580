#include "tests/unit/control/api_fixture.hpp"

#include "nodes/control/secrets.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace serverme::tests {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using shared_world = std::shared_ptr<api_world>;

key_owner owner_of(const std::string& key) {
  if (key == "root")
    return {{2}, {2}, "root", account_role::admin};
  return key == "ada" ? key_owner{{1}, {1}, "ada"} : key_owner{{3}, {3}, "bob"};
}

bool may_see(const asker& who, const tunnel_view& view) {
  return who.role == account_role::admin || who.account == view.owner;
}

/// The tunnel, if he may see it.
std::optional<tunnel_view> seen(api_world& world, const asker& who, endpoint_id endpoint) {
  for (const auto& each : world.tunnels) {
    if (each.endpoint == endpoint && may_see(who, each))
      return each;
  }
  return std::nullopt;
}

caf::error not_found() { return actors::make_caf_error(fail(errc::api_not_found)); }

actors::store_actor::behavior_type fake_store(actors::store_actor::pointer, shared_world world) {
  auto away
    = [] { return actors::make_caf_error(fail(errc::database_unavailable, "host db:5432")); };
  return {
    [world, away](const authenticate_key& ask) -> caf::result<key_owner> {
      std::lock_guard guard{world->mutex};
      ++world->authentications;
      if (!world->has_database)
        return away();
      for (const auto* key : {"ada", "root", "bob"}) {
        if (control::sha256(key) == ask.key_hash && !world->revoked.contains(key))
          return owner_of(key);
      }
      return actors::make_caf_error(fail(errc::key_invalid));
    },
    [](const authenticate_keys&) -> caf::result<key_owners> { return not_found(); },
    [world](const check_keys& ask) -> caf::result<good_keys> {
      std::lock_guard guard{world->mutex};
      good_keys good;
      for (auto key : ask.keys) {
        if (!(key == key_id{1} && world->revoked.contains("ada")))
          good.keys.push_back(key);
      }
      return good;
    },
    [](const claim&) -> caf::result<claimed> { return not_found(); },
    [](const extend_claims&) {},
    [](const reserve_name&) -> caf::result<name_reserved> { return not_found(); },
    [](const create_user&) -> caf::result<user_created> { return not_found(); },
    [](const create_key&) -> caf::result<key_created> { return not_found(); },
    [](const list_keys&) -> caf::result<key_list> { return not_found(); },
    [](const revoke_key&) -> caf::result<key_revoked> { return not_found(); },
    [world, away](const probe_store&) -> caf::result<store_ready> {
      std::lock_guard guard{world->mutex};
      if (!world->has_database)
        return away();
      return store_ready{};
    },
  };
}

actors::shared_capture find_capture(const api_world& world, capture_id id) {
  auto found = std::find_if(world.captures.begin(), world.captures.end(),
                            [&](const auto& each) { return each->id == id; });
  return found == world.captures.end() ? nullptr : *found;
}

actors::tunnel_desk_actor::behavior_type fake_desk(actors::tunnel_desk_actor::pointer self,
                                                   shared_world world) {
  auto capture_for = [world](const asker& who, endpoint_id endpoint,
                             capture_id id) -> caf::result<actors::capture_found> {
    std::lock_guard guard{world->mutex};
    auto found = seen(*world, who, endpoint) ? find_capture(*world, id) : nullptr;
    if (!found)
      return not_found();
    return actors::capture_found{found};
  };
  return {
    [world](const list_tunnels& ask) {
      std::lock_guard guard{world->mutex};
      tunnel_list list{.tunnels = {}, .incomplete = world->incomplete};
      for (const auto& each : world->tunnels) {
        if (may_see(ask.who, each))
          list.tunnels.push_back(each);
      }
      return list;
    },
    [world](const get_tunnel& ask) -> caf::result<tunnel_view> {
      std::lock_guard guard{world->mutex};
      if (auto view = seen(*world, ask.who, ask.endpoint))
        return *view;
      return not_found();
    },
    [world](const close_tunnel& ask) -> caf::result<tunnel_closed> {
      std::lock_guard guard{world->mutex};
      if (!seen(*world, ask.who, ask.endpoint))
        return not_found();
      world->closed.push_back(ask.endpoint);
      return tunnel_closed{ask.endpoint};
    },
    [world](const list_captures& ask) -> caf::result<capture_page> {
      std::lock_guard guard{world->mutex};
      if (!seen(*world, ask.who, ask.endpoint))
        return not_found();
      world->listed.push_back(ask);
      capture_page page{.captures = {}, .next = {7}, .dropped = 2};
      for (const auto& each : world->captures)
        page.captures.push_back(summarize(*each));
      return page;
    },
    [capture_for](const get_capture& ask) {
      return capture_for(ask.who, ask.endpoint, ask.capture);
    },
    [world](const clear_captures& ask) -> caf::result<captures_cleared> {
      std::lock_guard guard{world->mutex};
      if (!seen(*world, ask.who, ask.endpoint))
        return not_found();
      for (auto& each : std::exchange(world->slow_replays, {}))
        each.deliver(not_found());
      return captures_cleared{world->captures.size()};
    },
    [self, world, capture_for](const replay_capture& ask) -> caf::result<actors::capture_found> {
      if (ask.capture == capture_id{98}) {
        std::lock_guard guard{world->mutex};
        world->slow_replays.push_back(self->make_response_promise<actors::capture_found>());
        return world->slow_replays.back();
      }
      if (ask.capture == capture_id{99})
        return actors::make_caf_error(fail(errc::agent_away));
      return capture_for(ask.who, ask.endpoint, ask.capture);
    },
    [world](const actors::watch_captures& ask) -> caf::result<actors::watching> {
      std::lock_guard guard{world->mutex};
      if (!seen(*world, ask.who, ask.endpoint))
        return not_found();
      world->feed = ask.feed;
      return actors::watching{ask.endpoint};
    },
    [](const tunnel_opened&) {},
    [](const tunnel_ended&) {},
    [](const session_presence&) {},
    [](const usage_report&) {},
    [](const actors::inspector_opened&) {},
    [](const actors::replay_ended&) {},
  };
}

actors::supervisor_actor::behavior_type fake_supervisor(actors::supervisor_actor::pointer,
                                                        shared_world world) {
  return {
    [world](const list_actors&) {
      std::lock_guard guard{world->mutex};
      actor_view view{.name = "name_registry", .restarts = 3, .last_error = "it fell"};
      if (!world->has_actors)
        view.standing = actor_standing::waiting_to_restart;
      return actor_list{{view}};
    },
    [](const actors::restart_child&) {},
  };
}

caf::error away() { return actors::make_caf_error(fail(errc::control_unavailable)); }

actors::cluster_overview_actor::behavior_type fake_overview(actors::cluster_overview_actor::pointer,
                                                            shared_world world) {
  return {
    [world](const actors::view_cluster&) -> caf::result<actors::cluster_view> {
      std::lock_guard guard{world->mutex};
      return world->cluster ? caf::result<actors::cluster_view>{*world->cluster} : away();
    },
    [world](const actors::view_actors& ask) -> caf::result<actors::cluster_actors> {
      std::lock_guard guard{world->mutex};
      if (ask.node && *ask.node != node_id{0, 1})
        return not_found();
      return world->cluster_actors;
    },
    [world](const actors::view_events& ask) {
      std::lock_guard guard{world->mutex};
      world->events_asked.push_back(ask);
      return world->cluster_events;
    },
    [world](const actors::watch_cluster& wish) {
      std::lock_guard guard{world->mutex};
      world->cluster_feed = wish.feed;
      return actors::watching_cluster{};
    },
    [](const actors::peer_up&) {},
    [](const actors::peer_down&) {},
    [](const actors::look_for_services&) {},
    [](const actors::look_at_cluster&) {},
  };
}

tcp::socket connect_to(asio::io_context& context, const net::address& where) {
  tcp::socket socket{context};
  socket.connect({asio::ip::make_address(where.host), where.port});
  return socket;
}

} // namespace

api_fixture::api_fixture(control::api_settings settings)
  : whom{.desk = system.spawn(fake_desk, world),
         .store = system.spawn(fake_store, world),
         .supervisors = {system.spawn(fake_supervisor, world)},
         .overview = system.spawn(fake_overview, world),
         .counters =
           [] {
             return std::vector<control::named_count>{{"edge_waits_refused", 7}};
           },
         .parts =
           [world = world] {
             std::lock_guard guard{world->mutex};
             return world->parts;
           },
         .metrics =
           [](const control::node_health& health) {
             return "parts " + std::to_string(health.parts.size()) + "\n";
           }} {
  settings.listen = {"127.0.0.1", 0};
  server = std::make_unique<control::api_server>(system, settings, whom);
  if (auto started = server->start(); !started)
    throw std::runtime_error(to_string(started.error()));
}

api_fixture::~api_fixture() {
  server->stop();
  caf::anon_send_exit(whom.desk, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(whom.store, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(whom.supervisors.front(), caf::exit_reason::user_shutdown);
  caf::anon_send_exit(whom.overview, caf::exit_reason::user_shutdown);
}

std::string api_fixture::exchange(const std::string& bytes) const {
  asio::io_context context;
  auto socket = connect_to(context, address());
  boost::system::error_code ended;
  asio::write(socket, asio::buffer(bytes), ended);
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), ended);
  return answer;
}

api_reply api_fixture::ask(const std::string& method, const std::string& target,
                           const std::string& key) const {
  asio::io_context context;
  auto socket = connect_to(context, address());
  http::request<http::empty_body> request;
  request.method_string(method);
  request.target(target);
  request.version(11);
  request.set(http::field::host, "api");
  if (!key.empty())
    request.set(http::field::authorization, "Bearer " + key);
  http::write(socket, request);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.skip(method == "HEAD");
  http::read(socket, buffer, parser);
  const auto& response = parser.get();
  api_reply reply{.status = static_cast<int>(response.result_int()),
                  .fields = {},
                  .text = response.body(),
                  .body = {}};
  for (const auto& field : response) {
    std::string name{field.name_string()};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char each) { return static_cast<char>(std::tolower(each)); });
    reply.fields[name] = std::string{field.value()};
  }
  if (!reply.text.empty())
    reply.body = nlohmann::json::parse(reply.text);
  return reply;
}

struct live_reader::state {
  explicit state(const net::address& where) : socket{connect_to(context, where)} {}
  asio::io_context context;
  websocket::stream<tcp::socket> socket;
  int status = 101;
};

live_reader::live_reader(const net::address& where, const std::string& target,
                         const std::string& key)
  : state_{std::make_unique<state>(where)} {
  state_->socket.set_option(
    websocket::stream_base::decorator{[&](websocket::request_type& request) {
      request.set(http::field::authorization, "Bearer " + key);
    }});
  websocket::response_type response;
  boost::system::error_code error;
  state_->socket.handshake(response, "api", target, error);
  state_->status = static_cast<int>(response.result_int());
}

live_reader::~live_reader() = default;

int live_reader::status() const { return state_->status; }

nlohmann::json live_reader::read() {
  beast::flat_buffer buffer;
  state_->socket.read(buffer);
  return nlohmann::json::parse(beast::buffers_to_string(buffer.data()));
}

int live_reader::read_close_code() {
  boost::system::error_code error;
  while (!error) {
    beast::flat_buffer buffer;
    state_->socket.read(buffer, error);
  }
  return state_->socket.reason().code;
}

} // namespace serverme::tests

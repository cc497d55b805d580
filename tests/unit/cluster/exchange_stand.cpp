#include "tests/unit/cluster/exchange_stand.hpp"

#include "actors/transport/caf_io.hpp"

#include <algorithm>
#include <stdexcept>

namespace serverme::tests {

namespace {

constexpr milliseconds patience{10'000};

actors::session_keeper_actor spawn_keeper(caf::actor_system& system,
                                          std::shared_ptr<kept_sessions> kept) {
  using self = actors::session_keeper_actor::pointer;
  return system.spawn([kept](self) -> actors::session_keeper_actor::behavior_type {
    return {[kept](const actors::companion_changed& news) {
              std::lock_guard guard{kept->mutex};
              kept->companions.push_back(news);
            },
            [kept](const session_moved& news) -> caf::result<session_let_go> {
              std::lock_guard guard{kept->mutex};
              if (std::ranges::count(kept->here, news.session) == 0)
                return actors::make_caf_error(fail(errc::resume_refused));
              kept->moved.push_back(news);
              return session_let_go{news.session};
            }};
  });
}

} // namespace

void map_edge::publish_routes(std::shared_ptr<const route_map> map) {
  std::lock_guard guard{mutex_};
  map_ = std::move(map);
  ++publications_;
}

void map_edge::set_neighbours(std::vector<actors::neighbour_edge> all) {
  std::lock_guard guard{mutex_};
  neighbours_ = std::move(all);
}

std::shared_ptr<const route_map> map_edge::map() const {
  std::lock_guard guard{mutex_};
  return map_;
}

std::vector<actors::neighbour_edge> map_edge::neighbours() const {
  std::lock_guard guard{mutex_};
  return neighbours_;
}

std::optional<std::uint32_t> kept_sessions::lanes(session_id session, node_id edge) const {
  std::lock_guard guard{mutex};
  std::optional<std::uint32_t> last;
  for (const auto& each : companions)
    if (each.session == session && each.edge == edge)
      last = each.lanes;
  return last;
}

std::size_t kept_sessions::moves() const {
  std::lock_guard guard{mutex};
  return moved.size();
}

exchange_stand::exchange_stand(const test_cluster& cluster, std::uint64_t number,
                               exchange_stand_options options)
  : member{cluster, number, {.seeds = options.seeds, .run = options.run, .port = options.port}},
    number_{number},
    kept_for_{options.kept_for},
    door_{system(), "the exchange"},
    table_door_{system(), "the route table"} {
  owner_.emplace(system());
  sessions->here = options.sessions;
  keeper_ = caf::actor_cast<caf::actor>(spawn_keeper(system(), sessions));
  start_table();
  desk = actors::spawn_tunnel_desk(system(), table_door_.as<actors::route_table_actor>(), edge);
  start_exchange();
}

exchange_stand::~exchange_stand() {
  for (const auto& each : {exchange_, table_, keeper_, caf::actor_cast<caf::actor>(desk)})
    caf::anon_send_exit(each, caf::exit_reason::kill);
  door_.close();
  table_door_.close();
}

void exchange_stand::start_table() {
  auto table = actors::spawn_route_table(system(), edge);
  table_ = caf::actor_cast<caf::actor>(table);
  table_door_.lead_to(caf::actor_cast<caf::strong_actor_ptr>(table));
}

void exchange_stand::start_exchange() {
  auto exchange = actors::spawn_edge_exchange(
    system(), member.node().transport->gateway(),
    {.routes = table_door_.as<actors::route_table_actor>(),
     .sessions = caf::actor_cast<actors::session_keeper_actor>(keeper_),
     .desk = desk,
     .members = member.member(),
     .edge = edge,
     .captures = captures,
     .counters = counters,
     .look_every = milliseconds{50},
     .companion_lost_after = milliseconds{200},
     .book = {.kept_for = kept_for_}});
  exchange_ = caf::actor_cast<caf::actor>(exchange);
  door_.lead_to(caf::actor_cast<caf::strong_actor_ptr>(exchange));
}

void exchange_stand::restart_exchange() {
  door_.lead_to(nullptr);
  caf::anon_send_exit(exchange_, caf::exit_reason::kill);
  start_exchange();
}

void exchange_stand::restart_table() {
  table_door_.lead_to(nullptr);
  caf::anon_send_exit(table_, caf::exit_reason::kill);
  start_table();
}

bool exchange_stand::serve(std::uint64_t endpoint, const std::string& host,
                           std::uint64_t generation) {
  route entry{.endpoint = {endpoint},
              .host = host,
              .session = {endpoint},
              .owner = {1},
              .generation = {generation}};
  bool is_served = false;
  (*owner_)
    ->request(table_door_.as<actors::route_table_actor>(), patience, actors::serve_route{entry})
    .receive([&](const actors::route_served&) { is_served = true; }, [](const caf::error&) {});
  return is_served;
}

void exchange_stand::withdraw(std::uint64_t endpoint) {
  (*owner_)->send(table_door_.as<actors::route_table_actor>(),
                  actors::withdraw_route{endpoint_id{endpoint}});
}

void exchange_stand::tell(session_record record) { say(actors::tell_session{std::move(record)}); }

void exchange_stand::forget(std::uint64_t session) {
  say(actors::forget_session{session_id{session}});
}

result<actors::remote_session> exchange_stand::find(std::uint64_t session) {
  return ask<actors::remote_session>(actors::find_remote_session{session_id{session}});
}

std::shared_ptr<const route> exchange_stand::look_up(const std::string& host) const {
  auto map = edge->map();
  const auto* found = map->find_host(host);
  return found == nullptr ? nullptr : std::make_shared<const route>(*found);
}

void exchange_stand::set_lanes(const std::string& address, bool is_draining) {
  auto view = member.view(number_).value();
  membership::facts about{.roles = view.roles,
                          .name = view.name,
                          .cluster_address = view.cluster_address,
                          .lane_address = address,
                          .public_addresses = {},
                          .software = view.software,
                          .draining = is_draining,
                          .unknown = {}};
  auto updated = actors::ask_and_wait<actors::facts_updated>(
    system(), member.member(), patience, actors::update_facts{std::move(about)});
  if (!updated)
    throw std::runtime_error{to_string(updated.error())};
}

} // namespace serverme::tests

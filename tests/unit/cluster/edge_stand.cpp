#include "tests/unit/cluster/edge_stand.hpp"

#include <atomic>
#include <stdexcept>

namespace serverme::tests {

namespace {

constexpr milliseconds patience{10'000};

actors::world world_of(std::uint64_t number) {
  auto outside = plain_world();
  outside.random
    = [count = std::make_shared<std::atomic<std::uint64_t>>(number << 32)] { return ++*count; };
  outside.wall_clock
    = [number] { return wall_time{seconds{1'700'000'000 + static_cast<std::int64_t>(number)}}; };
  return outside;
}

actors::edge_actor_settings settings_of_edge() {
  actors::edge_actor_settings settings;
  settings.reception.session.addresses = {"test", 8080, 8443};
  return settings;
}

std::shared_ptr<store_facts> with_keys(std::shared_ptr<store_facts> facts) {
  facts->add_key("key of alice", 1, 1);
  facts->add_key("key of bob", 2, 2);
  return facts;
}

} // namespace

void obliging_edge::replay(const route& where, const capture& original,
                           std::function<void(result<actors::shared_capture>)> reply) {
  auto again = exchange(where.endpoint, original.method, original.target, 299);
  again->replay_of = original.id;
  reply(actors::shared_capture{std::move(again)});
}

edge_stand::edge_stand(const test_cluster& cluster, std::uint64_t number)
  : node{cluster, number, 1},
    outside{world_of(number)},
    tree{node.system,
         doors.store.as<actors::store_actor>(),
         doors.names.as<actors::name_registry_actor>(),
         outside,
         std::make_shared<obliging_edge>(),
         settings_of_edge()},
    control{
      node.system,
      doors,
      outside,
      {.start_store
       = [this] { return caf::actor_cast<caf::actor>(spawn_store(node.system, with_keys(facts))); },
       .names = {.port_first = 10000, .port_last = 10009}}} {
  if (!tree.await_start(patience) || !control.await_start(patience))
    throw std::runtime_error{"an edge did not start"};
  auto desk = actors::spawn_remote_desk(node.system, tree.desk());
  node.spawned.push_back(caf::actor_cast<caf::actor>(desk));
  auto types = node.system.message_types<actors::remote_desk_actor>();
  caf::anon_send(node.transport->gateway(),
                 actors::offer_service{actors::remote_desk_service,
                                       caf::actor_cast<caf::strong_actor_ptr>(desk),
                                       {types.begin(), types.end()}});
}

edge_stand::~edge_stand() {
  tree.stop(patience);
  control.stop(patience);
}

endpoint_id edge_stand::open_tunnel(const std::string& name) {
  auto admitted = actors::ask_and_wait<agent_admitted>(
    node.system, tree.reception(), patience,
    greet_agent{
      .key_hash = digest_of("key of alice"), .agent = "agent/1", .address = "203.0.113.7"});
  caf::anon_send(tree.reception(), lanes_changed{admitted.value().session, 1});
  auto bound = actors::ask_and_wait<endpoint_bound>(
    node.system, tree.reception(), patience, bind_endpoint{admitted->session, {.name = name}});
  return bound.value().endpoint;
}

void edge_stand::record(endpoint_id endpoint, const std::string& target) {
  tree.captures()->give(exchange(endpoint, "GET", target, 200));
}

} // namespace serverme::tests

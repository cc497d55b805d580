#include "tests/unit/cluster/cluster_fixture.hpp"

#include "actors/transport/caf_io.hpp"

namespace serverme::tests {

test_node::test_node(const test_cluster& cluster, std::uint64_t number, run_number run,
                     std::uint16_t port, net::peer_limits limits, node_roles roles)
  : config{cluster.identity(number), run}, system{config} {
  transport = nodes::cluster_transport::open(system, {.credentials = cluster.join(number, roles),
                                                      .run = run,
                                                      .listen = net::address{"127.0.0.1", port},
                                                      .limits = limits})
                .value();
}

test_node::~test_node() {
  for (const auto& each : spawned)
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  transport.reset();
}

echo_actor test_node::offer_echo(const std::string& name) {
  auto number = to_string(*actors::node_of(system.node())).back();
  auto made = system.spawn([number](echo_actor::pointer) -> echo_actor::behavior_type {
    return {[number](const echo& asked) { return echo{asked.text + " from " + number}; }};
  });
  spawned.push_back(caf::actor_cast<caf::actor>(made));
  auto types = system.message_types<echo_actor>();
  caf::anon_send(transport->gateway(),
                 actors::offer_service{name,
                                       caf::actor_cast<caf::strong_actor_ptr>(made),
                                       {types.begin(), types.end()}});
  return made;
}

std::size_t test_node::peers() {
  return actors::ask_and_wait<actors::peer_list>(system, transport->gateway(), seconds{5},
                                                 actors::list_peers{})
    .value()
    .peers.size();
}

link_owner::link_owner(test_node& node, std::uint16_t port, const std::string& service,
                       std::set<std::string> interface)
  : node_{node}, seen_{std::make_shared<seen>()} {
  owner_ = node.system.spawn([seen = seen_](caf::event_based_actor*) -> caf::behavior {
    return {[seen](const actors::link_up& up) {
              std::lock_guard guard{seen->mutex};
              seen->last = up;
              ++seen->ups;
            },
            [seen](const actors::link_down&) { ++seen->downs; }};
  });
  if (interface.empty())
    interface = node.system.message_types<echo_actor>();
  link_ = caf::actor_cast<caf::actor>(
    actors::spawn_peer_link(node.system, node.transport->gateway(), owner_,
                            {.host = "127.0.0.1",
                             .port = port,
                             .service = service,
                             .interface = std::move(interface),
                             .backoff = {.first = milliseconds{10}, .ceiling = milliseconds{100}},
                             .random = [] { return 0.5; }}));
}

link_owner::~link_owner() {
  caf::anon_send_exit(owner_, caf::exit_reason::user_shutdown); // the link goes with it
  std::lock_guard guard{seen_->mutex};
  seen_->last = {};
}

node_identity link_owner::who() const {
  std::lock_guard guard{seen_->mutex};
  return seen_->last.who;
}

caf::actor link_owner::remote() const {
  std::lock_guard guard{seen_->mutex};
  return seen_->last.actor;
}

std::string link_owner::ask(const std::string& text, milliseconds timeout) const {
  auto outcome = actors::ask_and_wait<echo>(node_.system, remote(), timeout, echo{text});
  return outcome ? outcome->text : "";
}

} // namespace serverme::tests

// The trees of an edge's and a control node's actors, with a stand-in on each side. Include last.
#pragma once

#include "actors/control_actors.hpp"
#include "actors/edge_actors.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

namespace serverme::tests {

inline actors::edge_actor_settings test_settings() {
  actors::edge_actor_settings settings;
  settings.reception.session.addresses = {"test", 8080, 8443};
  settings.reception.session.endpoints_max = 5;
  return settings;
}

inline actors::control_actor_settings control_settings(caf::actor_system& system,
                                                       const std::shared_ptr<store_facts>& facts,
                                                       const actors::edge_actors& tree) {
  return {
    .start_store
    = [&system, facts] { return caf::actor_cast<caf::actor>(spawn_store(system, facts)); },
    .names = {.port_first = 10000, .port_last = 10009},
    .names_restarted
    = [keeper = tree.leases()] { caf::anon_send(keeper, actors::teach_registry{}); },
  };
}

inline actors::name_registry_actor names_of(const actors::control_doors& doors) {
  return doors.names.as<actors::name_registry_actor>();
}

struct tree_fixture : actor_fixture {
  tree_fixture() {
    facts->add_key("key of alice", 1, 1);
    facts->add_key("key of bob", 2, 2);
    facts->add_key("key of root", 3, 3, account_role::admin);
    sched.run();
  }
  ~tree_fixture() override {
    tree.stop(milliseconds{0});
    control.stop(milliseconds{0});
    sched.run();
  }

  result<agent_admitted> greet(const std::string& key, const agent_admitted* before = nullptr) {
    greet_agent ask{
      .key_hash = key.empty() ? key : digest_of(key), .agent = "agent/1", .address = "203.0.113.7"};
    if (before != nullptr) {
      ask.session = before->session;
      ask.token_hash = digest_of(before->resume_token);
    }
    return answer_of<agent_admitted>(tree.reception(), ask);
  }
  void lanes(session_id session, std::uint32_t count) {
    tell(tree.reception(), lanes_changed{session, count});
  }
  /// An agent that is let in and has a lane.
  agent_admitted join(const std::string& key) {
    auto admitted = greet(key);
    CAF_REQUIRE(admitted);
    lanes(admitted->session, 1);
    return *admitted;
  }

  result<endpoint_bound> bind(session_id session, endpoint_request wanted) {
    return answer_of<endpoint_bound>(tree.reception(), bind_endpoint{session, std::move(wanted)});
  }
  result<endpoint_bound> bind_http(session_id session, std::string name) {
    return bind(session, {.name = std::move(name)});
  }
  result<endpoint_bound> bind_tcp(session_id session, std::uint16_t port) {
    return bind(session, {.kind = endpoint_kind::tcp, .port = port});
  }

  asker as(std::int64_t account, account_role role = account_role::member) {
    return {account_id{account}, role};
  }
  std::vector<tunnel_view> tunnels_of(const asker& who) {
    auto all = answer_of<tunnel_list>(tree.desk(), list_tunnels{who});
    CAF_REQUIRE(all);
    return all->tunnels;
  }

  std::shared_ptr<store_facts> facts = std::make_shared<store_facts>();
  std::shared_ptr<recording_edge> edge = std::make_shared<recording_edge>();
  actors::control_doors doors{{sys, "the store"}, {sys, "the name registry"}};
  actors::edge_actors tree{sys,
                           doors.store.as<actors::store_actor>(),
                           names_of(doors),
                           plain_world(),
                           edge,
                           test_settings()};
  actors::control_actors control{sys, doors, plain_world(), control_settings(sys, facts, tree)};
};

} // namespace serverme::tests

// The whole tree of an edge's actors, with a stand-in on each side. Include last.
#pragma once

#include "actors/edge_actors.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

namespace serverme::tests {

inline actors::edge_actor_settings test_settings() {
  actors::edge_actor_settings settings;
  settings.names.port_first = 10000;
  settings.names.port_last = 10009;
  settings.reception.session.addresses = {"test", 8080, 8443};
  settings.reception.session.endpoints_max = 5;
  return settings;
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
  actors::store_actor store = guard(spawn_store(sys, facts));
  actors::edge_actors tree{sys, store, plain_world(), edge, test_settings()};
};

} // namespace serverme::tests

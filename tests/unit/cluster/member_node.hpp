// A node with a membership, in one process with others: starts, ends, and tells what it knows.
#pragma once

#include "actors/cluster/cluster_member.hpp"
#include "tests/unit/cluster/cluster_fixture.hpp"

#include <optional>

namespace serverme::tests {

struct member_node_options {
  /// Ports of seeds, on loopback.
  std::vector<std::uint16_t> seeds;
  /// Which life it is: the larger, the later.
  run_number run = 1;
  std::string name;
  std::uint16_t port = 0;
  node_roles roles{node_role::edge};
};

class member_node {
public:
  member_node(const test_cluster& cluster, std::uint64_t number, member_node_options options = {});
  /// Its links break, as those of a process that is killed.
  ~member_node();

  test_node& node() { return *node_; }
  std::uint16_t port() { return node_->port(); }
  const actors::own_member_actor& member() const { return member_; }
  /// Ends the actor without a word, and starts it again in the same life of the node.
  void start_again();

  member_list list();
  std::optional<member_view> view(std::uint64_t number);
  /// Does it hold this one to be in that state?
  bool sees(std::uint64_t number, membership::state as);
  /// How many, with itself, it holds for alive.
  std::size_t living();
  std::size_t heard(membership::event_kind what, std::uint64_t about);
  std::optional<failure> conflict();

private:
  struct seen {
    std::mutex mutex;
    std::vector<member_news> news;
    std::optional<failure> conflict;
  };

  void start();

  actors::cluster_member_options options_;
  std::shared_ptr<seen> seen_ = std::make_shared<seen>();
  std::unique_ptr<test_node> node_;
  actors::own_member_actor member_;
};

} // namespace serverme::tests

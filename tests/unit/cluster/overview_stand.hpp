// A node of a cluster with a desk that others ask, and an overview of all of them.
#pragma once

#include "actors/cluster/cluster_overview.hpp"
#include "tests/unit/cluster/member_node.hpp"

#include <memory>

namespace serverme::tests {

class overview_stand {
public:
  /// `term`: of the lead that it has; 0: it does not lead.
  overview_stand(const test_cluster& cluster, std::uint64_t number,
                 member_node_options options = {}, std::uint64_t term = 0);
  ~overview_stand();

  std::uint16_t port() { return member.port(); }
  node_id id() { return *actors::node_of(member.node().system.node()); }

  template <class Reply, class Request>
  result<Reply> ask(Request question) {
    return actors::ask_and_wait<Reply>(member.node().system,
                                       overview.as<actors::cluster_overview_actor>(), seconds{10},
                                       std::move(question));
  }
  actors::cluster_view view() {
    return ask<actors::cluster_view>(actors::view_cluster{}).value_or(actors::cluster_view{});
  }
  /// How many nodes live and say how they are.
  std::size_t answering();

  member_node member;
  std::shared_ptr<actors::event_journal> journal;
  actors::front_door desk, overview;
  actors::supervisor_actor supervisor;
};

} // namespace serverme::tests

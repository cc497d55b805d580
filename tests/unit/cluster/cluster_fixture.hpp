// Whole nodes in one process: an actor system each, real certificates, real sockets on loopback.
#pragma once

#include "actors/ask.hpp"
#include "actors/transport/cluster_config.hpp"
#include "actors/transport/peer_link.hpp"
#include "nodes/cluster/cluster_transport.hpp"
#include "tests/unit/support/test_cluster.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace serverme::tests {

/// Answered with what was asked and the node that answers.
struct echo {
  std::string text;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, echo& x) {
    return f(x.text);
  }
};

using echo_actor = caf::typed_actor<actors::answers<echo, echo>>;

struct echo_config : actors::cluster_config {
  echo_config(const node_identity& self, run_number run) : cluster_config{self, run} {
    add_message_type<echo>("test.echo");
  }
};

struct test_node {
  test_node(const test_cluster& cluster, std::uint64_t number, run_number run,
            std::uint16_t port = 0, net::peer_limits limits = {},
            node_roles roles = {node_role::edge});
  ~test_node();

  echo_actor offer_echo(const std::string& name = "echo");
  std::uint16_t port() { return transport->network().where().port; }
  std::size_t peers();

  echo_config config;
  caf::actor_system system;
  std::unique_ptr<nodes::cluster_transport> transport;
  std::vector<caf::actor> spawned;
};

/// Has a link, and remembers what it was told.
class link_owner {
public:
  link_owner(test_node& node, std::uint16_t port, const std::string& service = "echo",
             std::set<std::string> interface = {});
  ~link_owner();

  int ups() const { return seen_->ups; }
  int downs() const { return seen_->downs; }
  bool is_up() const { return ups() > downs(); }
  node_identity who() const;
  caf::actor remote() const;
  /// "" when there is no answer.
  std::string ask(const std::string& text, milliseconds timeout = seconds{5}) const;

private:
  struct seen {
    std::atomic<int> ups{0}, downs{0};
    std::mutex mutex;
    actors::link_up last;
  };

  test_node& node_;
  std::shared_ptr<seen> seen_;
  caf::actor owner_;
  caf::actor link_;
};

} // namespace serverme::tests

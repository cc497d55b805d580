// A running node's links to the others of its cluster: the transport, what this node offers there,
// and doors to what control nodes offer.
#pragma once

#include "actors/control_actors.hpp"
#include "net/address.hpp"
#include "nodes/control/database_settings.hpp"
#include "nodes/servermed/cluster/identity_files.hpp"

#include <functional>
#include <memory>

namespace serverme::servermed {

struct link_settings {
  kept_identity identity;
  /// The actor system's: made with an actors::cluster_config of the same.
  run_number run = 0;
  /// Where other nodes connect.
  net::address listen;
};

class node_links {
public:
  /// @errors certificate_unreadable, certificate_refused, listen_failed
  static result<std::unique_ptr<node_links>> open(caf::actor_system& system,
                                                  link_settings settings);
  /// Lets go of the lead, cuts all connections, closes the doors. Before the system ends.
  ~node_links();
  node_links(const node_links&) = delete;
  node_links& operator=(const node_links&) = delete;

  /// To the store and the registry of whichever control node offers them: maybe this one.
  const actors::control_doors& doors() const noexcept;
  /// Where other nodes really connect.
  const net::address& where() const noexcept;

  /// Begins to look for control nodes. `registry_changed` is called on one of CAF's threads:
  /// another registry decides from now on, and knows of no lease.
  void seek_control(std::function<void()> registry_changed);
  /// On a control node, once its actors run: offers its store to others, and its registry whenever
  /// it holds the lead, which `lead` says too.
  void offer_control(const actors::control_doors& own, control::database_settings database,
                     std::shared_ptr<actors::lead_position> lead);
  /// From any thread: there is a new certificate.
  void renew(const kept_identity& identity);

private:
  struct state;
  explicit node_links(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

} // namespace serverme::servermed

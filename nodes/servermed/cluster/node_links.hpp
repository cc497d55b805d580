// A running node's links to the others of its cluster: the transport, its membership, what it
// offers there, and doors to what others offer.
#pragma once

#include "actors/cluster/cluster_member.hpp"
#include "actors/control_actors.hpp"
#include "actors/edge_actors.hpp"
#include "actors/tunnel_desk.hpp"
#include "actors/watch/event_journal.hpp"
#include "net/address.hpp"
#include "net/cluster/peer_options.hpp"
#include "nodes/control/database_settings.hpp"
#include "nodes/servermed/cluster/identity_files.hpp"
#include "nodes/servermed/cluster/outcast_set.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace serverme::servermed {

struct link_settings {
  kept_identity identity;
  /// When this process began; the actor system's configuration has run_of() it.
  wall_time started{};
  /// By which others reach this node; empty: nobody does.
  std::string host;
  /// HOST:PORT by which agents and other edges reach its lanes; empty: it has none.
  std::string lanes;
  /// Where other nodes connect.
  net::address listen;
  /// Where nodes of one network call each other; nothing: nowhere.
  std::optional<net::address> beacon;
  /// Kept up to date: who was removed from the cluster.
  std::shared_ptr<outcast_set> outcasts = std::make_shared<outcast_set>();
  /// What is seen of other nodes, of the lead and of the actors goes there. Not nullptr.
  std::shared_ptr<actors::event_journal> journal;
  /// The node has no place in the cluster and must stop. On one of CAF's threads.
  std::function<void(const failure&)> on_conflict = [](const failure&) {};
};

/// Of a process that began then: larger at each start.
run_number run_of(wall_time started);

class node_links {
public:
  /// @errors certificate_unreadable, certificate_refused, listen_failed
  static result<std::unique_ptr<node_links>> open(caf::actor_system& system,
                                                  link_settings settings);
  /// Says goodbye, lets go of the lead, cuts all connections, closes the doors. Before the system
  /// ends.
  ~node_links();
  node_links(const node_links&) = delete;
  node_links& operator=(const node_links&) = delete;

  /// To the store and the registry of whichever control node offers them: maybe this one.
  const actors::control_doors& doors() const noexcept;
  /// What this node's edge needs to exchange sessions and routes with the others.
  actors::place_in_cluster place() const;
  /// The membership of this node.
  actors::own_member_actor member() const;
  /// From any thread.
  net::peer_counts counts() const;
  /// Where other nodes really connect.
  const net::address& where() const noexcept;

  /// Becomes a member, and begins to look for control nodes. `own`: the tunnels of an edge, which
  /// others may ask about. `registry_changed` is called on one of CAF's threads: another registry
  /// decides from now on, and knows of no lease.
  void start(const actors::desk_actor& own, std::function<void()> registry_changed);
  /// This node is about to stop: nobody sends agents here any more.
  void announce_draining();
  /// The tunnels of all edges; nobody is there unless this is a control node, whose API asks.
  actors::desk_actor desk() const;
  /// Its own and the transport's.
  /// @pre start()
  std::vector<actors::supervisor_actor> supervisors() const;
  /// A handle that stays good while the gateway is started again.
  actors::gateway_actor gateway() const;
  /// Others find the actor behind the door under this name.
  template <class Actor>
  void offer(const char* service, const actors::front_door& door) {
    offer(service, door, system().message_types<Actor>());
  }

  /// On a control node, once its actors run: offers its store to others while the database answers,
  /// and its registry whenever it holds the lead, which `lead` says too; and tells all nodes who
  /// was removed.
  void offer_control(const actors::control_doors& own, control::database_settings database,
                     std::shared_ptr<actors::lead_position> lead);
  /// From any thread: there is a new certificate.
  void renew(const kept_identity& identity);

private:
  struct state;
  caf::actor_system& system() const noexcept;
  void offer(const char* service, const actors::front_door& door,
             const std::set<std::string>& interface);
  explicit node_links(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

} // namespace serverme::servermed

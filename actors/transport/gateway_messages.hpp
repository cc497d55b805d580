// What gateways of nodes say to each other, and what is said to one's own.
#pragma once

#include "actors/messaging.hpp"
#include "protocol/cluster/peer_wire.hpp"

#include <memory>
#include <string>
#include <vector>

namespace serverme::actors {

// -- between nodes: registered, so that they may travel
// ---------------------------------------------

/// The first message of who dialed: now both have each other's gateway.
struct greet_node {
  caf::strong_actor_ptr gateway;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, greet_node& x) {
    return f(x.gateway);
  }
};

struct node_greeted {
  /// Of the messages between nodes, not of the link.
  std::uint32_t version = 1;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, node_greeted& x) {
    return f(x.version);
  }
};

/// An actor that the node offers to others. Errors: control_unavailable: none has this name now.
struct find_service {
  std::string name;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, find_service& x) {
    return f(x.name);
  }
};

struct service_location {
  caf::strong_actor_ptr actor;
  /// What it understands, as CAF spells it; who asked checks it.
  std::vector<std::string> interface;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, service_location& x) {
    return f(x.actor, x.interface);
  }
};

void register_gateway_types(caf::actor_system_config& config);

// -- within a node: not registered, so that nobody else can say them
// --------------------------------

/// Dials unless connected already. Errors: server_unreachable, certificate_refused, too_busy, ...
struct connect_peer {
  std::string host;
  std::uint16_t port = 0;
};

struct connected_peer {
  node_identity who;
  caf::actor gateway;
};

/// A node dialed us.
struct wire_came {
  std::shared_ptr<peer_wire> wire;
};

/// Replaces what had this name; forgotten when the actor ends. `interface`:
/// system.message_types<T>() of a typed actor.
struct offer_service {
  std::string name;
  caf::strong_actor_ptr actor;
  std::vector<std::string> interface;
};

/// Nobody finds it any more.
struct withdraw_service {
  std::string name;
};

/// `watcher` is told of everybody who is connected now, and then of every change.
struct watch_peers {
  caf::actor watcher;
};

struct peer_up {
  node_identity who;
  caf::actor gateway;
};

struct peer_down {
  node_identity who;
};

struct list_peers {};

struct peer_list {
  std::vector<node_identity> peers;
};

// The gateway's own.

struct dial_ended {
  std::uint64_t dial = 0;
  result<dialed_peer> outcome{fail(errc::control_unavailable)};
};

struct give_up_waiting {
  node_id node;
  std::uint64_t waiter = 0;
};

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::connect_peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::connected_peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::wire_came)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::offer_service)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::withdraw_service)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::watch_peers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::peer_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::peer_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::list_peers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::peer_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::dial_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::give_up_waiting)

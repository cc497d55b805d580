// All connections of this node to other nodes, on a thread of their own: accepts, dials, proves,
// refuses, watches.
//
// CAF's thread never waits for a handshake, a name or a stranger: it is given proven wires only.
#pragma once

#include "net/address.hpp"
#include "net/cluster/lan_beacon.hpp"
#include "net/cluster/name_lookup.hpp"
#include "net/cluster/peer_options.hpp"

#include <memory>
#include <optional>
#include <string>

namespace serverme::net {

struct peer_network_options {
  node_credentials credentials;
  /// Of this process; also in CAF's node id.
  run_number run = 0;
  /// Of the second that the run is: tells processes apart that began in the same one.
  std::uint32_t run_nanoseconds = 0;
  /// Port 0: a free one. Nothing: this node only dials.
  std::optional<address> listen;
  /// Nothing: no calls on this network, and none are heard.
  std::optional<lan_beacon_options> beacon;
  peer_limits limits;
  peer_hooks hooks;
  name_lookup::resolver resolve = name_lookup::ask_system;
};

class peer_network {
public:
  /// @errors certificate_unreadable, certificate_refused (this node's own is no node's),
  ///         listen_failed
  static result<std::unique_ptr<peer_network>> open(peer_network_options options);
  /// Cuts all wires and waits for the thread, which waits for nobody.
  ~peer_network();
  peer_network(const peer_network&) = delete;
  peer_network& operator=(const peer_network&) = delete;

  const node_identity& self() const noexcept;
  /// Where it listens; port 0 when it does not.
  const address& where() const noexcept;

  // From any thread, and returning at once.

  /// `done` is called on the thread of the connections; when this is destroyed before, then.
  /// @errors server_unreachable, certificate_refused, too_busy (limits.dials_max), ...
  void dial(std::string host, std::uint16_t port, std::function<void(result<dialed_peer>)> done);
  /// For connections from now on; those that are there stay.
  /// @errors as open(), and certificate_refused: of another node
  result<done> renew(const node_credentials& credentials);
  /// Cuts the connection with this node, if there is one.
  void drop(const node_id& node);
  /// Asks hooks.is_allowed for everybody again, and cuts who is not: call it when that changed.
  void recheck();

  peer_counts counts() const;

private:
  struct state;
  explicit peer_network(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

} // namespace serverme::net

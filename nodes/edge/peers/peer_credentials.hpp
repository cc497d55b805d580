// How this edge shows the others of its cluster who it is, and judges who they are (ADR 15).
#pragma once

#include "net/cluster/cluster_tls.hpp"
#include "net/cluster/node_certificate.hpp"

#include <functional>
#include <memory>

namespace serverme::edge {

/// What edges agree on with ALPN on the port where agents come too.
inline constexpr const char* alpn_edge = "serverme-edge/1";

/// Never changes: when the certificate was renewed, the loops get another one.
class peer_credentials {
public:
  /// Is the node not removed from the cluster? Asked from any loop.
  using permission = std::function<bool(const net::node_certificate&)>;

  /// @errors certificate_unreadable, certificate_refused: it is no node's
  static result<std::shared_ptr<const peer_credentials>> make(const net::node_credentials& own,
                                                              permission is_allowed = {});

  const node_identity& self() const noexcept { return self_; }
  /// For both sides of a connection.
  const net::ssl_context& tls() const noexcept { return tls_; }

  /// Who is behind a connection whose handshake is done.
  /// @errors certificate_refused: no other edge of this cluster, or removed; protocol_violation: it
  /// did not agree on the ALPN
  result<net::node_certificate> examine(const net::tls_session& peer) const;
  /// May who was let in stay?
  bool still_holds(const net::node_certificate& of_peer, wall_time now) const;

private:
  peer_credentials(node_identity self, net::ssl_context tls, permission is_allowed);

  node_identity self_;
  net::ssl_context tls_;
  permission is_allowed_;
};

} // namespace serverme::edge

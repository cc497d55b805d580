#include "nodes/edge/peers/peer_credentials.hpp"

#include <utility>

namespace serverme::edge {

peer_credentials::peer_credentials(node_identity self, net::ssl_context tls, permission is_allowed)
  : self_{self}, tls_{std::move(tls)}, is_allowed_{std::move(is_allowed)} {}

result<std::shared_ptr<const peer_credentials>>
peer_credentials::make(const net::node_credentials& own, permission is_allowed) {
  auto read = net::read_node_certificate(own.own.chain);
  if (!read)
    return fail(read.error());
  auto tls = net::make_cluster_context(own, alpn_edge);
  if (!tls)
    return fail(tls.error());
  return std::shared_ptr<const peer_credentials>{
    new peer_credentials{read->identity, *std::move(tls), std::move(is_allowed)}};
}

result<net::node_certificate> peer_credentials::examine(const net::tls_session& peer) const {
  if (peer.alpn() != alpn_edge)
    return fail(errc::protocol_violation, "it speaks no serverme-edge/1");
  auto der = peer.peer_certificate();
  auto read = net::read_peer_certificate(as_bytes(der));
  if (!read)
    return fail(read.error());
  const auto& who = read->identity;
  auto name = "node " + to_string(who.node);
  if (who.cluster != self_.cluster)
    return fail(errc::certificate_refused, name + " is of another cluster");
  if (who.node == self_.node)
    return fail(errc::certificate_refused, name + " is this one");
  if (!who.roles.has(node_role::edge))
    return fail(errc::certificate_refused, name + " is no edge");
  if (is_allowed_ && !is_allowed_(*read))
    return fail(errc::certificate_refused, name + " was removed");
  return *std::move(read);
}

bool peer_credentials::still_holds(const net::node_certificate& of_peer, wall_time now) const {
  return now < of_peer.expires && (!is_allowed_ || is_allowed_(of_peer));
}

} // namespace serverme::edge

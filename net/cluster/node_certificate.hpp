// Certificates of nodes: who asks for one, who signs it, and what it says.
#pragma once

#include "net/certificate_issuer.hpp"
#include "protocol/bytes.hpp"
#include "protocol/cluster/node_identity.hpp"
#include "protocol/time.hpp"

#include <string>

namespace serverme::net {

/// What a node knows of itself and of its cluster.
struct node_credentials {
  /// With its private key.
  certificate_pem own;
  /// PEM of every CA of the cluster that is trusted: two of them while one replaces the other.
  std::string ca;
};

struct node_certificate {
  node_identity identity;
  /// Upper-case hexadecimal, as OpenSSL prints it: what is revoked is named by it.
  std::string serial;
  wall_time expires;
};

/// The first certificate of a PEM text.
/// @errors certificate_unreadable; certificate_refused: it is no node's
result<node_certificate> read_node_certificate(const std::string& pem);
/// The same, of a peer, in DER. @errors certificate_refused
result<node_certificate> read_peer_certificate(bytes_view der);

/// A key that never leaves its node, and a request for a certificate for it (PKCS #10, PEM).
struct node_request {
  std::string key;
  std::string request;
};
node_request make_node_request();

/// Signs a request that the caller has checked: what it asks for itself is not looked at, apart
/// from the proof that its sender has the key. @returns PEM
/// @errors certificate_unreadable
result<std::string> sign_node_request(const certificate_issuer& ca, const std::string& request,
                                      const node_identity& identity, std::chrono::hours lifetime);

} // namespace serverme::net

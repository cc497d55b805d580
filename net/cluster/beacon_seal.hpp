// Signs a node's beacons, and tells those of its cluster from others.
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "protocol/cluster/beacon.hpp"

#include <openssl/types.h>

#include <memory>

namespace serverme::net {

/// Who called, and where it says that it listens.
struct heard_beacon {
  node_certificate who;
  std::uint16_t port = 0;
};

class beacon_seal {
public:
  /// @errors certificate_unreadable, certificate_refused
  static result<beacon_seal> make(const node_credentials& credentials);

  /// This node's, as a datagram.
  byte_queue call(std::uint16_t port) const;

  /// Two hundred microseconds when the cluster is the right one, nothing otherwise.
  /// @errors protocol_violation, certificate_refused: of another cluster, of another CA, expired,
  ///         or not signed by whose it is
  result<heard_beacon> check(bytes_view datagram) const;

  const node_identity& self() const noexcept { return self_; }

private:
  beacon_seal() = default;

  node_identity self_;
  std::string certificate_;
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509_STORE> trusted_;
};

} // namespace serverme::net

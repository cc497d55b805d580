// What a node calls out on its network, so that nodes of its cluster find it without being told
// where: its certificate, where it listens, and its signature under both.
//
// One datagram. The address is the datagram's own. Who believes it dials there, and then both prove
// who they are as always: a beacon that is recorded and sent again from elsewhere wins nothing but
// a dial that fails. docs/cluster.md describes what it is for.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/cluster/node_identity.hpp"

namespace serverme {

struct beacon {
  /// A certificate of a node and a signature need half of it.
  static constexpr std::size_t bytes_max = 2048;

  cluster_id cluster;
  /// Where the node listens for others.
  std::uint16_t port = 0;
  /// DER.
  std::string certificate;
  /// Of the certificate's key, over what comes before it.
  std::string signature;

  friend bool operator==(const beacon&, const beacon&) = default;
};

/// "SMNB", version (1 byte), cluster (8), port (2), then the certificate with its length (2).
void append_signed_part(byte_queue& out, const beacon& what);
/// The signed part, then the signature with its length (2).
void append(byte_queue& out, const beacon& what);

struct beacon_parts {
  beacon what;
  bytes_view signed_part;
};

/// `signed_part` points into `datagram`. @errors protocol_violation
result<beacon_parts> parse_beacon(bytes_view datagram);

} // namespace serverme

// The first bytes of a connection between nodes, inside TLS and before BASP: which run of a node
// this is, and whether the two need this connection. docs/cluster-transport.md specifies it.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/cluster/node_identity.hpp"

namespace serverme {

/// When a process began, as far as it tells: of two the one with the smaller is the elder.
struct process_start {
  run_number run = 0;
  /// Of the second that the run is; 0: it does not say.
  std::uint32_t nanoseconds = 0;

  friend auto operator<=>(const process_start&, const process_start&) = default;
};

/// Each side sends one: the one that dialed first, the other its verdict.
struct link_greeting {
  /// Every later number means no to who does not know it.
  enum class verdict : std::uint8_t {
    /// Said by who dialed, and by who agrees.
    yes = 0,
    /// The two have a connection already, or are about to.
    duplicate = 1,
    /// Somebody else has your identity, and was there before: you are a copy, or talk to yourself.
    same_identity = 2,
    /// You were taken out of the cluster.
    removed = 3,
  };

  static constexpr std::size_t bytes = 16;
  /// Of what follows. A node speaks the lower of both; 1 is the only one so far.
  static constexpr std::uint16_t newest_version = 1;

  verdict says = verdict::yes;
  std::uint16_t version = newest_version;
  process_start began;

  friend bool operator==(const link_greeting&, const link_greeting&) = default;
};

/// "SMNL", version (2 bytes), verdict (1), run (4), nanoseconds (4), a byte that is zero until it
/// means something.
void append(byte_queue& out, const link_greeting& greeting);

/// @pre from.size() >= link_greeting::bytes
/// @errors protocol_violation: it does not begin as it must; version_unsupported: version 0
result<link_greeting> read_link_greeting(bytes_view from);

} // namespace serverme

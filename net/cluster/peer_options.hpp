// Bounds and counters of the connections between nodes.
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "protocol/cluster/basp_gate.hpp"
#include "protocol/cluster/peer_wire.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace serverme::net {

struct peer_limits {
  /// Connections that have not proven yet who they are. One more, and the oldest of the address
  /// that has the most of them goes: silent strangers keep no node out.
  std::size_t strangers_max = 128;
  std::size_t peers_max = 1024;
  /// Of ours, at once.
  std::size_t dials_max = 64;
  /// Looking up the name and connecting.
  milliseconds dial_timeout{5'000};
  /// From connected to proven; once more from there to BASP's own handshake.
  milliseconds handshake_timeout{5'000};
  /// CAF's heartbeats come every two seconds (actors/transport/cluster_config.hpp).
  milliseconds silent_after{9'000};
  /// A process that comes later under the identity of a peer waits so long for a sign of life of
  /// that one, and is refused when there is one. Longer than a heartbeat takes: so a node whose
  /// machine lost its power is back at once when it starts later than that.
  milliseconds elder_silent_after{2'500};
  /// What was sent to a peer and waits for him. More, and he is dropped.
  std::size_t unsent_bytes_max = std::size_t{64} * 1024 * 1024;
  /// What has come and waits for CAF. More, and nothing is read until it is taken.
  std::size_t untaken_bytes_max = std::size_t{1} * 1024 * 1024;
  basp_limits basp;
};

/// Why somebody was never a peer.
enum class peer_refusal : std::uint8_t {
  crowded,         // too many strangers, or peers
  late,            // did not prove in time who he is
  no_tls,          // not TLS 1.3 with our ALPN, no certificate, or gone in the middle
  bad_certificate, // of another CA, expired, or no node's
  not_allowed,     // removed, or of another cluster
  no_greeting,     // did not say what a node says first
  duplicate,       // there is a connection already
  same_identity,   // we talked to ourselves, or to a copy of us
  identity_in_use, // an elder process with the same identity is a peer
  count_
};

/// Why a peer is one no longer.
enum class peer_loss : std::uint8_t {
  left,      // closed or reset by him
  silent,    // nothing heard for too long
  late,      // no BASP after the greeting
  slow,      // does not take what is sent to him
  violation, // sent what a node may not send
  replaced,  // he connected anew
  dropped,   // told to
  expired,   // his certificate has
  closed,    // by us
  count_
};

std::string_view to_string(peer_refusal why) noexcept;
std::string_view to_string(peer_loss why) noexcept;

template <class Reason>
using count_by = std::array<std::uint64_t, static_cast<std::size_t>(Reason::count_)>;

struct peer_counts {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_dialed = 0;
  count_by<peer_refusal> refused{};
  count_by<peer_loss> lost{};
  /// Now.
  std::size_t strangers = 0;
  std::size_t peers = 0;
  std::size_t dials = 0;
  /// BASP, of those that are here and those that were.
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  /// Messages for third nodes, which are not forwarded.
  std::uint64_t messages_left_out = 0;

  std::uint64_t of(peer_refusal why) const { return refused[static_cast<std::size_t>(why)]; }
  std::uint64_t of(peer_loss why) const { return lost[static_cast<std::size_t>(why)]; }
};

/// What the application decides and hears; all of it on the thread of the connections.
struct peer_hooks {
  /// Asked for each certificate of this cluster, when somebody shows it and when recheck() is
  /// called: was the node removed?
  std::function<bool(const node_certificate&)> is_allowed
    = [](const node_certificate&) { return true; };
  /// A node dialed us and is proven.
  std::function<void(std::shared_ptr<peer_wire>)> on_peer = [](const auto&) {};
  /// A node of this cluster called on this network, where it listens. Nobody is dialed for it.
  std::function<void(const node_identity&, const std::string& host, std::uint16_t port)> on_beacon
    = [](const auto&...) {};
  /// Nothing is called nor heard there: no multicast.
  std::function<void(const failure&)> on_no_beacon = [](const failure&) {};
  /// For the log.
  std::function<void(const std::string& address, peer_refusal, const failure&)> on_refused
    = [](const auto&...) {};
  std::function<void(const node_identity&, peer_loss, const failure&)> on_lost
    = [](const auto&...) {};
};

} // namespace serverme::net

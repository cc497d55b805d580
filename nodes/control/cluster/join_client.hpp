// The node's side of joining: dials control nodes one after the other, until one answers.
//
// Blocks, with a limit: for commands, and for the thread that renews a node's certificate.
#pragma once

#include "net/tls.hpp"
#include "nodes/control/cluster/join_messages.hpp"
#include "protocol/cluster/node_address.hpp"
#include "protocol/time.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace serverme::control {

struct join_route {
  std::vector<node_address> addresses;
  /// SHA-256 of the CA's certificate. Who cannot show a chain that ends in it, or is no control
  /// node by its certificate, is told nothing.
  std::string ca_fingerprint;
  /// Of a node that renews or leaves.
  std::optional<net::certificate_pem> own;
  /// For each address: connecting, handshake and answer.
  milliseconds patience{15'000};
  /// Asked ten times a second: true gives up.
  std::function<bool()> is_called_off = [] { return false; };
};

/// @errors of each: cluster_mismatch (what answers is not this cluster), control_unreachable, and
/// what the control node says: see redeem_token and renew_node in questions.hpp
result<welcome> ask_to_join(const join_route& route, const join_request& ask);
/// `request`: for the same key.
result<welcome> ask_to_renew(const join_route& route, const std::string& request);
result<done> ask_to_leave(const join_route& route);

} // namespace serverme::control

// Another edge of the cluster, and where its lanes are reached.
#pragma once

#include "net/address.hpp"
#include "protocol/ids.hpp"

namespace serverme::edge {

struct peer_edge {
  node_id node;
  /// A name or a numeric address; agents come there too.
  net::address where;

  friend bool operator==(const peer_edge&, const peer_edge&) = default;
};

} // namespace serverme::edge

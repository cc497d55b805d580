// A node of a cluster that exists in a test only.
#pragma once

#include "nodes/control/cluster/authority.hpp"
#include "nodes/control/cluster/join_messages.hpp"
#include "nodes/servermed/cluster/identity_files.hpp"

namespace serverme::tests {

struct cluster_member {
  /// Its identity, with a certificate that ends after `lifetime`.
  servermed::kept_identity identity(std::chrono::hours lifetime
                                    = control::node_certificate_lifetime) const {
    auto pem = certificate(lifetime);
    return {.certificate = net::read_node_certificate(pem).value(),
            .credentials = {{pem, request.key}, ca.root().chain},
            .name = "second",
            .host = "10.0.0.2",
            .ways = {{"10.0.0.1:7946"}, {"10.0.0.1:7947"}}};
  }

  /// What a control node answers to a renewal.
  control::welcome renewal() const {
    return {certificate(control::node_certificate_lifetime),
            ca.root().chain,
            {{"10.0.0.3:7946"}, {"10.0.0.3:7947"}},
            {}};
  }

  std::string certificate(std::chrono::hours lifetime) const {
    return net::sign_node_request(ca, request.request, who, lifetime).value();
  }

  net::certificate_issuer ca
    = net::certificate_issuer::make_root("a cluster", std::chrono::hours{1});
  node_identity who{cluster_id{0xc1}, {5, 6}, {node_role::edge}};
  net::node_request request = net::make_node_request();
};

} // namespace serverme::tests

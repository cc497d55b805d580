// A cluster's CA and certificates of its nodes, made for a test.
#pragma once

#include "net/certificate_issuer.hpp"
#include "net/cluster/node_certificate.hpp"
#include "tests/unit/support/await.hpp"

#include <chrono>
#include <cstdint>

namespace serverme::tests {

class test_cluster {
public:
  /// Every CA has the same name.
  explicit test_cluster(std::uint64_t id = 0xc1);

  node_identity identity(std::uint64_t node, node_roles roles = {node_role::edge}) const;
  /// Of node `node`; a certificate that begins an hour ago and ends after `lifetime`.
  net::node_credentials join(std::uint64_t node, node_roles roles = {node_role::edge},
                             std::chrono::hours lifetime = std::chrono::hours{1}) const;
  net::node_credentials join_as(const node_identity& who,
                                std::chrono::hours lifetime = std::chrono::hours{1}) const;
  const net::certificate_issuer& ca() const noexcept { return ca_; }

private:
  cluster_id id_;
  net::certificate_issuer ca_;
};

} // namespace serverme::tests

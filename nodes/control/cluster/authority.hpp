// The cluster's CA at work: made once, then opened with cluster.key to sign for nodes.
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "nodes/control/cluster/questions.hpp"

#include <memory>
#include <string>

namespace serverme::control {

/// Short, because a removed node is kept out by a list for so long at most.
inline constexpr std::chrono::hours node_certificate_lifetime{30 * 24};
/// A node asks for the next one when so much is left: time for ten days without control nodes.
inline constexpr std::chrono::hours renewed_before{node_certificate_lifetime / 3};

class authority {
public:
  /// A CA and a key, both new. The cluster exists once `facts()` are in the database.
  static authority make();
  /// `key`: what cluster.key says. @errors cluster_key_missing, certificate_unreadable
  static result<authority> open(cluster_facts facts, const std::string& key);

  const cluster_facts& facts() const noexcept { return facts_; }
  /// For cluster.key, and for other control nodes. Secret.
  const std::string& key() const noexcept { return key_; }
  /// SHA-256 of the CA's certificate.
  std::string fingerprint() const;

  /// Signs for whoever has the key of `request` (PKCS #10, PEM), which outlives the signer.
  certificate_signer signer_for(const std::string& request) const;

private:
  authority(cluster_facts facts, std::string key, net::certificate_issuer ca);

  cluster_facts facts_;
  std::string key_;
  std::shared_ptr<const net::certificate_issuer> ca_;
};

} // namespace serverme::control

// Who a node is, as its certificate says it, and the id that CAF knows it by.
#pragma once

#include "protocol/node.hpp"
#include "protocol/result.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace serverme {

/// Made when the cluster is; random, not a secret. It keeps clusters apart that somebody gave one
/// CA.
using cluster_id = strong<std::uint64_t, struct cluster_tag>;

/// 16 digits 0-9a-f.
std::string to_string(cluster_id id);
/// Nothing when it is not what to_string() writes, or the id that means none.
std::optional<cluster_id> parse_cluster_id(std::string_view text);

struct node_identity {
  cluster_id cluster;
  node_id node;
  node_roles roles;

  friend bool operator==(const node_identity&, const node_identity&) = default;
};

/// The URIs among a certificate's alternative names (RFC 5280, section 4.2.1.6):
/// `serverme://CLUSTER/node/NODE` and `serverme://CLUSTER/roles/ROLE+ROLE`.
std::vector<std::string> identity_uris(const node_identity& who);

/// From all URIs of a certificate; those of other schemes are skipped.
/// @errors certificate_refused: one is missing, there twice, or not understood
result<node_identity> parse_identity(const std::vector<std::string>& uris);

/// A run of a node's process: what tells the one that was started again from the one before it.
using run_number = std::uint32_t;

/// How CAF spells a node: 20 bytes of "host" and a process number. The host is the id of the
/// certificate, so that nobody can claim another's; the number is the run's, because CAF counts
/// actors from 1 in each run and a handle of the last one must not lead to a stranger.
struct basp_node {
  static constexpr std::size_t host_bytes = 20;
  std::array<std::byte, host_bytes> host{};
  run_number run = 0;

  friend bool operator==(const basp_node&, const basp_node&) = default;
};

basp_node basp_node_of(const node_identity& who, run_number run) noexcept;
/// The node that a host of the above stands for.
node_id node_of(const std::array<std::byte, basp_node::host_bytes>& host) noexcept;

} // namespace serverme

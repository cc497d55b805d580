// What is asked of the database about the cluster, and what it answers: see cluster_ledger.hpp.
#pragma once

#include "protocol/cluster/node_identity.hpp"
#include "protocol/ids.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace serverme::control {

/// A row of table join_tokens.
using token_id = strong<std::int64_t, struct join_token_tag>;

struct signed_certificate {
  std::string pem;
  /// As net/cluster/node_certificate.hpp spells it.
  std::string serial;
  wall_time expires;
};
/// Called within the transaction: a certificate that could not be made costs nothing, and one that
/// was made is on record.
using certificate_signer = std::function<result<signed_certificate>(const node_identity&)>;

/// What a node says of itself when it joins.
struct node_introduction {
  /// 1 to 63 of A-Z a-z 0-9 '.' '_' '-', for people.
  std::string name;
  /// HOST:PORT; empty: not known, or none.
  std::string join_address, cluster_address;
};

struct cluster_facts {
  cluster_id id;
  /// PEM.
  std::string ca_certificate;
  /// See sealing.hpp.
  std::string sealed_ca_key;
};

struct get_cluster {};

/// Makes the cluster with its first node. Errors: cluster_exists, api_bad_request.
struct found_cluster {
  cluster_facts facts;
  node_identity first;
  node_introduction introduction;
};

/// A certificate on its way to a node.
struct admission {
  node_identity who;
  signed_certificate certificate;
};

/// Errors: api_bad_request (a label, time or number out of range), cluster_missing.
struct create_token {
  std::string secret_hash;
  node_roles roles;
  seconds lifetime{3600};
  std::uint32_t uses = 1;
  /// For people: "rack 3".
  std::string label;
};

struct token_created {
  token_id token;
  wall_time expires;
};

struct list_tokens {};

enum class token_standing : std::uint8_t { good, used, expired, revoked };

struct token_view {
  token_id token;
  node_roles roles;
  std::string label;
  wall_time created, expires;
  std::uint32_t uses_left = 0;
  token_standing standing = token_standing::good;
};

/// Errors: api_not_found. Revoking twice is no error.
struct revoke_token {
  token_id token;
};

/// Of those who use a token's last use at once, exactly one joins. Errors: token_unknown,
/// token_revoked, token_expired, token_used, token_role_refused, api_bad_request, those of signing.
struct redeem_token {
  std::string secret_hash;
  /// None: all that the token allows.
  node_roles roles;
  node_id node;
  node_introduction introduction;
};

/// Errors: node_removed (also: nobody knows it), those of signing.
struct renew_node {
  node_id node;
  /// Of the certificate that it shows.
  std::string serial;
};

/// Errors: api_not_found, last_control_node. Removing twice is no error.
struct remove_node {
  node_id node;
  /// For people: "operator", "itself".
  std::string by;
};

struct list_nodes {};

struct node_view {
  node_id node;
  std::string name;
  node_roles roles;
  std::string join_address, cluster_address;
  wall_time joined;
  /// Of its last certificate; the epoch when it has none.
  wall_time certificate_ends;
  std::string serial;
  /// The epoch: it is a member.
  wall_time removed;
  std::string removed_by;
};

/// Nodes that were removed while a certificate of theirs is still good: whom the transport turns
/// away. Their number is bounded by what can be removed in a certificate's lifetime.
struct list_outcasts {};

/// A node that starts says where it is. Errors: node_removed.
struct announce_node {
  node_id node;
  std::string join_address, cluster_address;
};

/// The addresses of control nodes.
struct list_ways {};

struct cluster_ways {
  /// For join tokens and renewals.
  std::vector<std::string> joins;
  /// For the transport.
  std::vector<std::string> seeds;
};

} // namespace serverme::control

// Who this node is in its cluster, as DATA_DIR/cluster keeps it: node.key and node.pem, ca.pem,
// cluster.json (its name, and where control nodes are), on control nodes cluster.key.
//
// The transport is started with it: load_identity().
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "nodes/control/cluster/questions.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace serverme::servermed {

struct kept_identity {
  /// What the certificate says.
  net::node_certificate certificate;
  net::node_credentials credentials;
  /// For people.
  std::string name;
  /// By which others reach this node; empty: nobody does.
  std::string host;
  /// Of control nodes, as they were when this node joined or last renewed.
  control::cluster_ways ways;
  /// Opens the cluster's CA; empty on nodes that are no control nodes. Secret.
  std::string cluster_key;

  const node_identity& who() const noexcept { return certificate.identity; }
};

/// Whether the directory holds a node, or the rest of one.
bool holds_identity(const std::filesystem::path& data_dir);

/// @errors identity_missing; file_mode_too_open: others can read a key; identity_unusable: a file
/// is missing, or they do not belong together. That a certificate has ended is for the caller.
result<kept_identity> load_identity(const std::filesystem::path& data_dir);

/// The first step of becoming a node: a place for its files, and its key in it. Whoever cannot
/// write finds out before a token is used up.
/// @errors identity_exists, data_dir_unusable
result<done> begin_identity(const std::filesystem::path& data_dir, const std::string& key);
/// The last one. @errors data_dir_unusable, identity_unusable: they do not belong together
result<done> keep_identity(const std::filesystem::path& data_dir, const kept_identity& identity);

/// A new certificate for the same key, and what else may have changed with it.
/// @errors data_dir_unusable, identity_unusable
result<done> keep_renewal(const std::filesystem::path& data_dir, const kept_identity& identity);

/// The node's files, and those of one that was never finished. What else is there stays.
/// @errors data_dir_unusable
result<done> forget_identity(const std::filesystem::path& data_dir);

} // namespace serverme::servermed

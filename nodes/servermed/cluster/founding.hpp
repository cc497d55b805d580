// How a data directory becomes a node: the first of a new cluster, or one more of a cluster that is
// there; and how it ceases to be one. Blocks: for commands.
#pragma once

#include "nodes/control/cluster/join_client.hpp"
#include "nodes/control/database_settings.hpp"
#include "nodes/servermed/cluster/identity_files.hpp"
#include "protocol/cluster/join_token.hpp"

#include <filesystem>
#include <string>

namespace serverme::servermed {

struct node_wish {
  std::filesystem::path data_dir;
  node_roles roles;
  std::string name;
  /// By which others reach it.
  std::string host;
  std::uint16_t join_port = default_join_port;
};

/// Makes a cluster, its CA and its first node. The directory is locked by the caller.
/// @errors identity_exists, cluster_exists, data_dir_unusable, api_bad_request,
/// database_unavailable
result<kept_identity> found_cluster(const node_wish& wish,
                                    const control::database_settings& database);

/// @errors identity_exists, data_dir_unusable, and those of ask_to_join()
result<kept_identity> join_cluster(const node_wish& wish, const join_token& token);

/// Tells a control node, then forgets. @errors those of ask_to_leave(), identity_missing,
/// identity_unusable, data_dir_unusable
result<done> leave_cluster(const std::filesystem::path& data_dir);

/// Asks for a new certificate now. @errors those of ask_to_renew(), identity_missing,
/// identity_unusable, data_dir_unusable
result<kept_identity> renew_identity(const std::filesystem::path& data_dir);

} // namespace serverme::servermed

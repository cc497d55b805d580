// A running node's place in its cluster: its identity, kept fresh, and on a control node the
// listener where others join.
#pragma once

#include "nodes/control/cluster/join_client.hpp"
#include "nodes/control/cluster/join_listener.hpp"
#include "nodes/servermed/cluster/identity_files.hpp"
#include "protocol/cluster/node_address.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace serverme::servermed {

struct office_settings {
  std::filesystem::path data_dir;
  /// Control nodes only, like `database`. Nothing: nobody joins here.
  std::optional<net::address> join;
  control::database_settings database;
  /// By which others reach this node; empty: what was said when it joined.
  std::string host;
  /// Each from the keeper's thread: there is a new certificate; it was removed from the cluster.
  std::function<void(const kept_identity&)> on_renewed = [](const kept_identity&) {};
  std::function<void(const failure&)> on_removed = [](const failure&) {};
};

class cluster_office {
public:
  /// nullptr: the data directory holds no node of a cluster, and the server stands alone.
  /// @errors those of load_identity(); identity_unusable: its certificate has ended. On control
  /// nodes: cluster_missing, cluster_mismatch, cluster_key_missing, node_removed,
  /// database_unavailable, listen_failed
  static result<std::unique_ptr<cluster_office>> open(office_settings settings);
  /// Stops the listener and the renewal. Blocks, for a question to the database at most.
  ~cluster_office();

  /// As it was when the node started; on_renewed has later ones.
  const kept_identity& identity() const noexcept;
  /// Nothing: nobody joins here.
  std::optional<net::address> join_address() const;
  /// On a control node: others learn from the database where nodes join and connect.
  /// @errors database_unavailable
  result<done> announce(std::uint16_t cluster_port);
  control::join_listener_counts counts() const;

private:
  struct state;
  explicit cluster_office(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

/// The control nodes that a node knows, and what it shows them.
/// @errors identity_unusable
result<control::join_route> route_to_control(const kept_identity& identity);

} // namespace serverme::servermed

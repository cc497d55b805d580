// A node in one process: its parts, made in the order in which they need each other.
#pragma once

#include "nodes/servermed/node_config.hpp"
#include "nodes/servermed/ready_file.hpp"
#include "nodes/servermed/stop_request.hpp"

#include <memory>

namespace serverme::servermed {

/// Which things a node makes for itself when it is told none.
enum class node_purpose : std::uint8_t {
  /// A private PostgreSQL, a development CA, an admin with a key, and cli.yml for the agent.
  development,
  /// Nothing: all of it comes from the configuration.
  production,
};

class node {
public:
  /// Everything listens when it returns, and ready.json says where. What a part cannot survive it
  /// tells `stop`, which outlives the node. Nothing: `stop` was made meanwhile, and what had been
  /// started is stopped.
  /// @errors those of its parts: data_dir_unusable, already_running, database_unavailable,
  /// migration_failed, certificate_unreadable, listen_failed
  static result<std::unique_ptr<node>> start(const node_config& config, node_purpose purpose,
                                             stop_request& stop);
  /// Stops: no new visitors, streams may end for limits.drain_time, then part after part.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  const ready_addresses& addresses() const noexcept;

private:
  struct parts;
  explicit node(std::unique_ptr<parts> made) noexcept;
  std::unique_ptr<parts> parts_;
};

} // namespace serverme::servermed

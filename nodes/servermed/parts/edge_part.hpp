// What a node is as an edge: certificates, listeners, loops, and the actors that decide for them.
#pragma once

#include "actors/control_actors.hpp"
#include "actors/edge_actors.hpp"
#include "nodes/edge/actor_gate.hpp"
#include "nodes/edge/certificate_source.hpp"
#include "nodes/edge/edge_node.hpp"
#include "nodes/edge/peers/peer_credentials.hpp"
#include "nodes/servermed/metrics/metrics_page.hpp"
#include "nodes/servermed/node_config.hpp"
#include "nodes/servermed/ready_file.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace serverme::servermed {

/// What the actors of an edge are given.
struct edge_surroundings {
  /// Whoever decides: this node or another.
  actors::control_doors deciding;
  /// Nothing: the server stands alone.
  std::optional<actors::place_in_cluster> place;
  /// This node in the cluster.
  node_id here{};
  /// They cannot go on.
  std::function<void(const failure&)> failed;
  /// One of them failed, and is started again.
  std::function<void(const actors::child_failure&)> on_child_failed
    = [](const actors::child_failure&) {};
};

/// Made before the actor system, and gone after it: actors may still answer the loops while their
/// system ends.
class edge_part {
public:
  /// Opens its ports, where whoever comes has to wait. Without certificates in the configuration
  /// they are those of a development CA in `data_dir`. `peers`: for lanes between edges; nullptr:
  /// there are no others.
  /// @errors certificate_unreadable, data_dir_unusable, listen_failed
  static result<std::unique_ptr<edge_part>>
  open(const node_config& config, const std::filesystem::path& data_dir,
       std::shared_ptr<const edge::peer_credentials> peers);
  ~edge_part();
  edge_part(const edge_part&) = delete;
  edge_part& operator=(const edge_part&) = delete;

  /// @errors control_unavailable: they did not start in time
  result<done> start_actors(caf::actor_system& system, edge_surroundings around);
  /// In a cluster: does it serve what all other edges serve? Waits for an answer, not for that.
  bool has_heard_all(caf::actor_system& system) const;
  /// Visitors and agents are served from now on.
  result<done> let_in(caf::actor_system& system);

  /// The tunnels of this edge. @pre start_actors()
  actors::desk_actor desk() const { return tree_->desk(); }
  const actors::supervisor_actor& supervisor() const noexcept { return tree_->supervisor(); }
  /// For who hears that another registry decides, which knows of no lease.
  std::function<void()> teach_registry() const;

  void tell(ready_addresses& where) const;
  /// Where agents and other edges come.
  std::uint16_t lane_port() const;
  /// From any thread: there is a new certificate for lanes between edges.
  void renew(std::shared_ptr<const edge::peer_credentials> fresh);
  /// Of the development CA; empty: the certificates are real.
  const std::filesystem::path& ca_file() const noexcept { return ca_file_; }
  /// From any thread, like those below.
  bool is_serving() const noexcept { return is_serving_; }
  void append_counters(counter_list& to) const;
  void append_levels(std::vector<named_level>& to) const;

  /// Whoever watches the node is told so from now on.
  void begin_to_stop() noexcept { is_serving_ = false; }
  /// Streams may end for limits.drain_time; then everything is closed. Idempotent.
  void stop();
  /// After stop(). @returns false when they did not end in time: the actor system never would
  bool stop_actors(milliseconds patience);
  /// Before the system ends.
  void forget_actors();

private:
  explicit edge_part(const node_config& config) : config_{config} {}
  result<done> open_certificates(const std::filesystem::path& data_dir);

  const node_config& config_;
  std::unique_ptr<edge::certificate_source> certificates_;
  std::filesystem::path ca_file_;
  std::shared_ptr<edge::edge_node> edge_;
  std::optional<actors::edge_actors> tree_;
  std::optional<edge::actor_gate> gate_;
  std::atomic<bool> is_serving_ = false;
};

} // namespace serverme::servermed

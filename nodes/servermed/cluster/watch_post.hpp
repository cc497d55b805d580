// What a node tells of itself, and of its cluster: a desk that others ask, the overview that the
// API asks, and a key for the operator who stands beside it.
#pragma once

#include "actors/cluster/cluster_overview.hpp"
#include "actors/name_registry.hpp"
#include "actors/watch/event_journal.hpp"
#include "protocol/cluster/node_identity.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serverme::servermed {

class node_links;

/// Notes what fails and is started again, in the log too.
std::function<void(const actors::child_failure&)>
told_of(std::shared_ptr<actors::event_journal> journal);

struct watch_settings {
  std::filesystem::path data_dir;
  /// Nothing: the server stands alone.
  std::optional<node_identity> self;
  std::string name;
  node_roles roles;
  wall_time started{};
  std::shared_ptr<actors::event_journal> journal;
  std::vector<actors::supervisor_actor> supervisors;
  /// Of this node's registry; nullptr: it has none.
  std::shared_ptr<actors::lead_position> lead;
  /// nullptr: the server stands alone. Outlives the post.
  node_links* links = nullptr;
  /// The overview failed too often. On one of CAF's threads.
  std::function<void(const failure&)> on_failure = [](const failure&) {};
};

class watch_post {
public:
  /// Of a control node, which has an API, it writes DATA_DIR/operator.key, which only its owner can
  /// read: the API takes it for an admin's as long as this lives, also while the database is away.
  /// @errors data_dir_unusable, control_unavailable
  static result<std::unique_ptr<watch_post>> open(caf::actor_system& system,
                                                  watch_settings settings);
  ~watch_post();
  watch_post(const watch_post&) = delete;
  watch_post& operator=(const watch_post&) = delete;

  actors::cluster_overview_actor overview() const;
  /// See api_settings::operator_key_hash. Empty: there is none.
  const std::string& key_hash() const noexcept;

private:
  struct state;
  explicit watch_post(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

/// In the data directory.
inline constexpr auto operator_key_file = "operator.key";

} // namespace serverme::servermed

// What is asked of the cluster overview: within a node, and not registered, so that nobody else can
// say it.
#pragma once

#include "actors/messaging.hpp"
#include "actors/watch/bounded_feed.hpp"
#include "protocol/cluster/timeline.hpp"
#include "protocol/messages/actor_views.hpp"
#include "protocol/messages/members.hpp"
#include "protocol/messages/node_reports.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace serverme::actors {

/// Answered by cluster_view. Errors: too_busy.
struct view_cluster {};

/// A node as its neighbours see it, and as it sees itself.
struct node_sight {
  member_view member;
  /// Nothing: it did not answer.
  std::optional<node_report> report;
};

struct cluster_view {
  /// The node that answers; none: the server stands alone.
  node_id self;
  /// In the order of ids.
  std::vector<node_sight> nodes;
};

/// Answered by cluster_actors. Errors: api_not_found: there is no such node; control_unavailable:
/// it does not answer; too_busy.
struct view_actors {
  /// Nothing: all.
  std::optional<node_id> node;
};

struct node_actors {
  node_id node;
  actor_list list;
};

struct cluster_actors {
  /// In the order of ids.
  std::vector<node_actors> nodes;
  /// Those that did not answer.
  std::vector<node_id> missing;
};

/// Answered by cluster_events. Errors: too_busy.
struct view_events {
  wall_time since{};
  std::uint32_t limit = 0;
};

struct cluster_events {
  /// Oldest first.
  std::vector<timeline_entry> entries;
  std::vector<node_id> missing;
};

// -- changes as they happen

/// It is new, or something about it is not as it was told last.
struct node_changed {
  node_sight node;
};
/// It is no longer known.
struct node_gone {
  node_id node;
};

using cluster_news = std::variant<node_changed, node_gone, timeline_entry>;
using cluster_feed = bounded_feed<cluster_news>;

/// From now on: all nodes, then what changes. Answered by watching_cluster. Errors: too_busy.
struct watch_cluster {
  std::shared_ptr<cluster_feed> feed; // kept weakly: let go of it to unsubscribe
};

struct watching_cluster {};

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::view_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::cluster_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::view_actors)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::cluster_actors)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::view_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::cluster_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::watch_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::watching_cluster)

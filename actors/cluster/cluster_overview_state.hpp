// What the parts of the cluster overview share: cluster_overview*.cpp only.
#pragma once

#include "actors/cluster/cluster_overview.hpp"
#include "actors/probed.hpp"

#include <map>

namespace serverme::actors {

struct cluster_overview_state {
  static inline const char* name = "cluster_overview";
  cluster_overview_state()
    = default; // declared: CAF would build an aggregate from the actor itself
  ~cluster_overview_state() {
    for (const auto& each : watchers)
      if (auto feed = each.feed.lock())
        feed->end();
  }

  struct watcher {
    std::weak_ptr<cluster_feed> feed;
    bool is_new = true;
  };

  /// What a node has told of its events.
  struct cursor {
    std::uint64_t life = 0;
    std::uint64_t after = 0;
  };

  cluster_overview_options options;
  peer_services services; // the desks of nodes
  std::size_t questions = 0;

  std::vector<watcher> watchers;
  bool is_looking = false;
  std::map<node_id, node_sight> told; // to those who look on
  std::map<node_id, cursor> cursors;
  timeline recent;
  wall_time watched_since{};
};

using overview_self = self_pointer<cluster_overview_actor, cluster_overview_state>;

template <class Reply>
struct replies {
  std::map<node_id, Reply> all;
  std::vector<node_id> missing;
};

/// Asks the desks of all nodes, or of those that `question` has one for; `tell` is called once.
template <class Reply, class Ask>
void ask_desks(overview_self self, Ask question, std::function<void(replies<Reply>)> tell) {
  struct gathering {
    replies<Reply> came;
    std::size_t awaited = 1; // this function
    std::function<void(replies<Reply>)> tell;
    void one_less() {
      if (--awaited == 0)
        tell(std::move(came));
    }
  };
  auto what = std::make_shared<gathering>();
  what->tell = std::move(tell);
  for (const auto& [node, there] : self->state.services.places) {
    auto ask = question(node);
    if (!ask)
      continue;
    if (!there.actor) {
      what->came.missing.push_back(node);
      continue;
    }
    ++what->awaited;
    self->request(there.actor, self->state.options.answer_within, *std::move(ask))
      .then(
        [what, from = node](Reply& reply) {
          what->came.all.emplace(from, std::move(reply));
          what->one_less();
        },
        [what, from = node](const caf::error&) {
          what->came.missing.push_back(from);
          what->one_less();
        });
  }
  what->one_less();
}

/// All nodes, as they are now.
void see_cluster(overview_self self, std::function<void(cluster_view)> tell);

// cluster_overview_feeds.cpp

caf::result<watching_cluster> watch(overview_self self, const watch_cluster& wish);
/// Tells those who look on what has changed; not again when there are none.
void look_on(overview_self self);

} // namespace serverme::actors

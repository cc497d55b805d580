// The other edges of the cluster as one loop sees them, and its lanes to them.
#pragma once

#include "nodes/edge/peers/peer_edge.hpp"
#include "nodes/edge/peers/peer_path.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace serverme::edge {

/// A lane leads from one loop to one loop. To each edge there is one from the start, to the loop of
/// the same number: with equally many loops on both sides it is the one for each session whose
/// visitors come here. Lanes to other loops are dialed when they are asked for.
class neighbourhood {
public:
  /// `number`: which of the loops of its edge `home` is.
  neighbourhood(edge_loop& home, std::uint16_t number);
  ~neighbourhood();

  /// All others that live. Who is not named any more gets no new streams, and has a short time to
  /// show that it lives; what still flows then goes on.
  void set(const std::vector<peer_edge>& all);
  /// A lane to where the session's lanes are on that edge; nullptr when none takes streams now:
  /// then one is being dialed, if the edge is known.
  peer_lane* pick_lane(node_id node, session_id session);
  void on_tick(time_point now);
  /// Dials nobody any more.
  void stop();

  /// By a lane that is up: so many loops the other edge has.
  void learn_loops(node_id node, std::uint16_t loops);

private:
  struct edge {
    net::address where;
    /// 0: not known before a lane was up.
    std::uint16_t loops = 0;
    /// By the number of the other's loop.
    std::map<std::uint16_t, std::unique_ptr<peer_path>> paths;
  };

  peer_path& path_to(node_id node, edge& there, std::uint16_t loop);

  edge_loop& home_;
  std::uint16_t number_;
  std::unordered_map<node_id, edge> edges_;
  bool stopped_ = false;
};

} // namespace serverme::edge

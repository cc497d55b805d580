#include "nodes/edge/peers/neighbourhood.hpp"

#include <algorithm>

namespace serverme::edge {

neighbourhood::neighbourhood(edge_loop& home, std::uint16_t number)
  : home_{home}, number_{number} {}

neighbourhood::~neighbourhood() = default;

void neighbourhood::set(const std::vector<peer_edge>& all) {
  if (stopped_)
    return;
  // One that moved is another one: what flows to where it was goes on as long as it can.
  std::erase_if(edges_, [&all](const auto& known) {
    return std::ranges::find(all, peer_edge{known.first, known.second.where}) == all.end();
  });
  for (const auto& each : all) {
    auto& there = edges_[each.node];
    there.where = each.where;
    path_to(each.node, there, number_).keep();
  }
}

peer_path& neighbourhood::path_to(node_id node, edge& there, std::uint16_t loop) {
  auto& path = there.paths[loop];
  if (!path)
    path = std::make_unique<peer_path>(home_, *this, node, there.where, loop);
  return *path;
}

peer_lane* neighbourhood::pick_lane(node_id node, session_id session) {
  auto found = edges_.find(node);
  if (found == edges_.end() || stopped_)
    return nullptr;
  auto& there = found->second;
  if (there.loops == 0)
    return nullptr; // the first lane is on its way
  auto loop = static_cast<std::uint16_t>(session.value % there.loops);
  // The first one was dialed by our number before theirs were known.
  if (number_ >= there.loops && number_ % there.loops == loop)
    loop = number_;
  auto& path = path_to(node, there, loop);
  path.keep();
  return path.pick(home_.now());
}

void neighbourhood::on_tick(time_point now) {
  for (auto& [node, there] : edges_)
    for (auto& [loop, path] : there.paths)
      path->on_tick(now);
}

void neighbourhood::stop() {
  stopped_ = true;
  for (auto& [node, there] : edges_)
    for (auto& [loop, path] : there.paths)
      path->stop();
}

void neighbourhood::learn_loops(node_id node, std::uint16_t loops) {
  auto found = edges_.find(node);
  if (found == edges_.end())
    return;
  found->second.loops = loops;
  // An edge that came back with fewer loops: lanes by the old numbers would lead to wrong ones.
  std::erase_if(found->second.paths, [this, loops](const auto& path) {
    return path.first >= loops && path.first != number_;
  });
}

} // namespace serverme::edge

#include "nodes/edge/peers/way.hpp"

#include "nodes/edge/agent_session.hpp"
#include "nodes/edge/peers/neighbourhood.hpp"
#include "nodes/edge/peers/peer_lane.hpp"

namespace serverme::edge {

namespace {

lane::core* core_of(peer_lane* lane) { return lane != nullptr ? &lane->core() : nullptr; }

/// nullptr when no edge that has a lane of the session can be reached.
lane::core* find_elsewhere(edge_loop& home, const route& where) {
  auto* edges = home.neighbours();
  if (edges == nullptr || where.places == nullptr)
    return nullptr;
  for (const auto& node : where.places->others)
    if (auto* core = core_of(edges->pick_lane(node, where.session)))
      return core;
  return core_of(edges->pick_lane(where.places->home, where.session));
}

} // namespace

way find_way(edge_loop& home, const route& where) {
  if (auto* session = home.find_session(where.session))
    if (auto* lane = session->pick_lane(home.now()))
      return {&lane->core(), false};
  return {find_elsewhere(home, where), true};
}

result<lane::stream_id> open_stream(edge_loop& home, const way& along, const route& where,
                                    lane::open message, bytes_view first, std::size_t& taken,
                                    lane::stream_handler& handler) {
  if (!along.leads_to_another_edge)
    return along.core->open_stream(message, first, taken, handler);
  message.session = where.session;
  message.account = where.owner;
  auto stream = along.core->open_stream(message, first, taken, handler);
  if (!stream)
    return stream;
  ++home.counters().peers.streams_out;
  along.core->charge(*stream, home.budget_of(where.owner));
  return stream;
}

} // namespace serverme::edge

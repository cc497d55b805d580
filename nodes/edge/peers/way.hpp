// Which lane the next stream of a route takes: one of the session's own, or one to an edge that has
// some.
#pragma once

#include "nodes/edge/edge_loop.hpp"
#include "protocol/lane/core.hpp"

namespace serverme::edge {

struct way {
  /// nullptr: there is none now.
  lane::core* core = nullptr;
  bool leads_to_another_edge = false;
};

/// Own lanes first, then other edges in the route's order. @pre `home` is the session's home loop
way find_way(edge_loop& home, const route& where);

/// As core::open_stream(), along a way that there is; the window counts against the owner's
/// account.
/// @errors too_busy, agent_lost
result<lane::stream_id> open_stream(edge_loop& home, const way& along, const route& where,
                                    lane::open message, bytes_view first, std::size_t& taken,
                                    lane::stream_handler& handler);

} // namespace serverme::edge

// What the API says of a cluster, as tables that people read.
#pragma once

#include "nodes/servermed/commands/answer.hpp"

#include <string>

namespace serverme::servermed {

/// Of GET /api/v1/cluster/nodes.
std::string nodes_text(const json& answer);
/// Of GET /api/v1/cluster/actors.
std::string actors_text(const json& answer);
/// Of GET /api/v1/cluster/events.
std::string events_text(const json& answer);
/// One line of it.
std::string event_line(const json& entry);

/// "2d 3h", "5m 7s", "12s": the two largest units.
std::string duration_text(std::int64_t seconds);

} // namespace serverme::servermed

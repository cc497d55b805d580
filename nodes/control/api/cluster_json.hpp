// Nodes, actors and events of a cluster as the API shows them.
#pragma once

#include "actors/cluster/overview_messages.hpp"
#include "nodes/control/api/answers.hpp"

#include <optional>
#include <string>
#include <vector>

namespace serverme::control {

/// null: none, as of a server that stands alone.
json node_id_json(const node_id& id);
json node_ids_json(const std::vector<node_id>& nodes);

json node_json(const actors::node_sight& node);
/// What is not as it should be; empty: nothing. Sentences for people.
std::vector<std::string> problems_of(const actors::cluster_view& view);

json actor_json(const actor_view& view);
/// {"node", "actors", "crowds", "busiest"}.
json node_actors_json(const actors::node_actors& node);

json entry_json(const timeline_entry& entry);

/// What time_text() writes, with or without a fraction. Nothing when it is none.
std::optional<wall_time> parse_time(const std::string& text);

} // namespace serverme::control

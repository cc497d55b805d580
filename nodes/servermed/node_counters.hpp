// The bounds that a node's parts have reached, under the names that people see.
#pragma once

#include "nodes/control/api/api_server.hpp"
#include "nodes/edge/actor_gate.hpp"
#include "nodes/edge/edge_counters.hpp"

namespace serverme::servermed {

inline std::vector<control::named_count> list_counters(const edge::edge_counters& at_edge,
                                                       const edge::gate_refusals& at_gate,
                                                       std::uint64_t store_refused,
                                                       std::uint64_t claims_refused) {
  return {{"edge_connections_refused", at_edge.connections_refused},
          {"edge_strangers_dropped", at_edge.strangers_dropped},
          {"edge_waits_refused", at_edge.waits_refused},
          {"edge_streams_refused", at_edge.streams_refused},
          {"edge_lanes_replaced", at_edge.lanes_replaced},
          {"gate_greetings_refused", at_gate.greetings},
          {"gate_binds_refused", at_gate.binds},
          {"gate_facts_missed", at_gate.facts},
          {"store_questions_refused", store_refused},
          {"store_claims_refused", claims_refused}};
}

} // namespace serverme::servermed

// The bounds that a node's parts have reached, under the names that people see.
#pragma once

#include "nodes/control/api/api_server.hpp"
#include "nodes/control/cluster/join_listener.hpp"
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
          {"peer_lanes_out", at_edge.peers.lanes_out},
          {"peer_lanes_in", at_edge.peers.lanes_in},
          {"peer_dials", at_edge.peers.dials},
          {"peer_dials_failed", at_edge.peers.dials_failed},
          {"peer_strangers_refused", at_edge.peers.strangers_refused},
          {"peer_streams_out", at_edge.peers.streams_out},
          {"peer_streams_in", at_edge.peers.streams_in},
          {"peer_streams_in_refused", at_edge.peers.streams_in_refused},
          {"gate_greetings_refused", at_gate.greetings},
          {"gate_binds_refused", at_gate.binds},
          {"gate_facts_missed", at_gate.facts},
          {"store_questions_refused", store_refused},
          {"store_claims_refused", claims_refused}};
}

/// Of a node where others join its cluster.
inline void append_counters(std::vector<control::named_count>& to,
                            const control::join_listener_counts& at_join) {
  to.insert(to.end(), {{"join_connections", at_join.accepted},
                       {"join_refused_rate", at_join.refused_rate},
                       {"join_refused_source", at_join.refused_source},
                       {"join_refused_full", at_join.refused_full},
                       {"join_late", at_join.late},
                       {"join_broken", at_join.broken},
                       {"join_requests", at_join.requests},
                       {"join_refused_busy", at_join.refused_busy},
                       {"join_refused", at_join.refused},
                       {"join_joined", at_join.joined},
                       {"join_renewed", at_join.renewed},
                       {"join_left", at_join.left}});
}

} // namespace serverme::servermed

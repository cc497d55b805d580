// What a node's parts have counted, under the names that people see, each with one line of help.
#pragma once

#include "net/cluster/peer_options.hpp"
#include "nodes/control/api/api_server.hpp"
#include "nodes/control/cluster/join_listener.hpp"
#include "nodes/edge/actor_gate.hpp"
#include "nodes/edge/edge_counters.hpp"

namespace serverme::servermed {

using counter_list = std::vector<control::named_count>;

inline void append_counters(counter_list& to, const edge::edge_counters& at_edge) {
  to.insert(
    to.end(),
    {{"edge_connections_refused", at_edge.connections_refused,
      "Visitors beyond limits.visitors, who were hung up on"},
     {"edge_strangers_dropped", at_edge.strangers_dropped,
      "Connections closed for newer ones before they had said who they are"},
     {"edge_waits_refused", at_edge.waits_refused,
      "Requests for an agent that is away, beyond limits.waiting_requests"},
     {"edge_streams_refused", at_edge.streams_refused, "Streams beyond limits.streams_per_lane"},
     {"edge_lanes_replaced", at_edge.lanes_replaced, "Lanes closed for a new one of their session"},
     {"peer_dials", at_edge.peers.dials, "Lanes that were dialed to other edges"},
     {"peer_dials_failed", at_edge.peers.dials_failed, "Of these: without success"},
     {"peer_strangers_refused", at_edge.peers.strangers_refused,
      "Whoever offered lanes between edges and is no edge of this cluster"},
     {"peer_streams_out", at_edge.peers.streams_out,
      "Streams of visitors here whose agents have lanes at other edges"},
     {"peer_streams_in", at_edge.peers.streams_in,
      "Streams of visitors at other edges whose agents have lanes here"},
     {"peer_streams_in_refused", at_edge.peers.streams_in_refused,
      "Of these: without a lane, or without room"}});
}

inline void append_counters(counter_list& to, const edge::gate_refusals& at_gate) {
  to.insert(to.end(),
            {{"gate_greetings_refused", at_gate.greetings,
              "Agents that said hello while too many others waited"},
             {"gate_binds_refused", at_gate.binds, "Tunnels asked for while too many others were"},
             {"gate_facts_missed", at_gate.facts,
              "Goodbyes and usage not told to an actor that was behind"}});
}

/// Of a control node.
inline void append_store_counters(counter_list& to, std::uint64_t refused,
                                  std::uint64_t claims_refused) {
  to.insert(
    to.end(),
    {{"store_questions_refused", refused, "Questions to the database while too many others waited"},
     {"store_claims_refused", claims_refused, "Names and ports beyond what an account may hold"}});
}

/// Of a control node of a cluster.
inline void append_counters(counter_list& to, const control::join_listener_counts& at_join) {
  to.insert(
    to.end(),
    {{"join_connections", at_join.accepted, "Connections to the port where nodes join"},
     {"join_refused_rate", at_join.refused_rate, "Of these: from an address that came too often"},
     {"join_refused_source", at_join.refused_source, "Of these: from an address with too many"},
     {"join_refused_full", at_join.refused_full, "Of these: beyond the bound"},
     {"join_late", at_join.late, "Of these: without a request in time"},
     {"join_broken", at_join.broken, "Of these: without TLS, or without a request"},
     {"join_requests", at_join.requests, "Requests to join, to renew and to leave"},
     {"join_refused_busy", at_join.refused_busy, "Of these: while too many waited"},
     {"join_refused", at_join.refused, "Of these: answered with an error"},
     {"join_joined", at_join.joined, "Nodes that joined"},
     {"join_renewed", at_join.renewed, "Certificates that were renewed"},
     {"join_left", at_join.left, "Nodes that left for good"}});
}

/// Of a node of a cluster.
inline void append_counters(counter_list& to, const net::peer_counts& of_links) {
  to.insert(to.end(),
            {{"link_connections_accepted", of_links.connections_accepted,
              "Connections that came to the port where other nodes connect"},
             {"link_connections_dialed", of_links.connections_dialed,
              "Connections to other nodes that this one made"},
             {"link_received_bytes", of_links.bytes_in, "Bytes that came from other nodes"},
             {"link_sent_bytes", of_links.bytes_out, "Bytes that went to other nodes"},
             {"link_messages_left_out", of_links.messages_left_out,
              "Messages for third nodes, which are not forwarded"}});
}

} // namespace serverme::servermed

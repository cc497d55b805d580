// The resources of the API, one file each. All answer on the loop, exactly once.
#pragma once

#include "nodes/control/api/api_call.hpp"

namespace serverme::control {

// health.cpp
void answer_healthz(api_context& context, const api_request& request, answer_with reply);
void answer_readyz(api_context& context, const api_request& request, answer_with reply);
void answer_metrics(api_context& context, const api_request& request, answer_with reply);

// tunnels.cpp
void list_all_tunnels(api_context& context, const api_request& request, answer_with reply);
void get_one_tunnel(api_context& context, const api_request& request, answer_with reply);
void close_one_tunnel(api_context& context, const api_request& request, answer_with reply);

// requests.cpp
void list_requests(api_context& context, const api_request& request, answer_with reply);
void get_request(api_context& context, const api_request& request, answer_with reply);
void clear_requests(api_context& context, const api_request& request, answer_with reply);
void replay_request(api_context& context, const api_request& request, answer_with reply);

// live.cpp
void open_live(api_context& context, const api_request& request, answer_with reply);

// actor_list.cpp
void list_all_actors(api_context& context, const api_request& request, answer_with reply);
/// What every supervisor says, in their order. @errors control_unavailable
void ask_supervisors(api_context& context, std::function<void(result<actor_list>)> answered);

// cluster.cpp
void list_cluster_nodes(api_context& context, const api_request& request, answer_with reply);
void list_cluster_actors(api_context& context, const api_request& request, answer_with reply);
void list_cluster_events(api_context& context, const api_request& request, answer_with reply);

// cluster_live.cpp
void open_cluster_live(api_context& context, const api_request& request, answer_with reply);

// counters.cpp
void list_all_counters(api_context& context, const api_request& request, answer_with reply);
/// Of the API itself. From any thread.
std::vector<named_count> counts_of(const api_context& context);

} // namespace serverme::control

// The table of all resources: what docs/api.md describes, in its order.
#include "nodes/control/api/resources.hpp"

#include "nodes/control/api/router.hpp"

#include <array>

namespace serverme::control {

namespace {

constexpr auto filters
  = std::to_array<std::string_view>({"method", "status", "path", "limit", "before"});

constexpr auto which_node = std::to_array<std::string_view>({"node"});
constexpr auto which_events = std::to_array<std::string_view>({"since", "limit"});

constexpr auto table = std::to_array<resource>({
  {"GET", "/healthz", access::anyone, answer_healthz},
  {"GET", "/readyz", access::anyone, answer_readyz},
  {"GET", "/api/v1/tunnels", access::any_key, list_all_tunnels},
  {"GET", "/api/v1/tunnels/{}", access::any_key, get_one_tunnel},
  {"DELETE", "/api/v1/tunnels/{}", access::any_key, close_one_tunnel},
  {"GET", "/api/v1/tunnels/{}/requests", access::any_key, list_requests, filters},
  {"DELETE", "/api/v1/tunnels/{}/requests", access::any_key, clear_requests},
  {"GET", "/api/v1/tunnels/{}/requests/{}", access::any_key, get_request},
  {"POST", "/api/v1/tunnels/{}/requests/{}/replay", access::any_key, replay_request},
  {"GET", "/api/v1/tunnels/{}/live", access::any_key, open_live},
  {"GET", "/api/v1/cluster/nodes", access::admins, list_cluster_nodes},
  {"GET", "/api/v1/cluster/actors", access::admins, list_cluster_actors, which_node},
  {"GET", "/api/v1/cluster/events", access::admins, list_cluster_events, which_events},
  {"GET", "/api/v1/cluster/live", access::admins, open_cluster_live},
  {"GET", "/api/v1/actors", access::admins, list_all_actors},
  {"GET", "/api/v1/counters", access::admins, list_all_counters},
});

constexpr auto health_table = std::to_array<resource>({
  {"GET", "/healthz", access::anyone, answer_healthz},
  {"GET", "/readyz", access::anyone, answer_readyz},
  {"GET", "/metrics", access::anyone, answer_metrics},
});

} // namespace

std::span<const resource> api_resources() noexcept { return table; }
std::span<const resource> health_resources() noexcept { return health_table; }

} // namespace serverme::control

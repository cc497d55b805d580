#include "protocol/error.hpp"

#include <algorithm>
#include <array>

namespace serverme {

namespace {

constexpr auto catalogue = std::to_array<error_entry>({
  {errc::bad_request, "bad_request", 400, "the request is not valid HTTP/1.1",
   "Check the client that sent it: framing is read strictly to keep requests apart."},
  {errc::head_too_large, "head_too_large", 431, "the request head is too large",
   "Send fewer or shorter headers (often a cookie that grew)."},
  {errc::host_missing, "host_missing", 400, "the request names no host",
   "Send exactly one Host header."},
  {errc::no_such_endpoint, "no_such_endpoint", 404, "no tunnel has this name",
   "Check the spelling; if the tunnel is yours, start it with `serverme http PORT`."},
  {errc::agent_away, "agent_away", 502, "the tunnel exists, but its agent is away",
   "Start the agent again or wait for it to reconnect; the URL stays the same."},
  {errc::local_refused, "local_refused", 502, "the local service refuses connections",
   "Start the program that the tunnel points to, or correct the port."},
  {errc::local_timeout, "local_timeout", 504, "the local service did not answer in time",
   "Look at the local program; raise the time limit if it is just slow."},
  {errc::local_bad_response, "local_bad_response", 502, "the local service sent no valid HTTP",
   "Check that the tunnel points to an HTTP port (`https://` for a TLS one)."},
  {errc::local_closed_early, "local_closed_early", 502,
   "the local service closed the connection before it answered", "Look at its log."},
  {errc::visitor_unauthorized, "visitor_unauthorized", 401, "this tunnel asks for a password",
   "Use the user name and password that the owner of the tunnel gave you."},
  {errc::visitor_timeout, "visitor_timeout", 408, "the request did not arrive in time",
   "Send it again."},
  {errc::too_busy, "too_busy", 503, "too many requests at once for this tunnel",
   "Try again in a moment."},
  {errc::http_version_unsupported, "http_version_unsupported", 505,
   "this HTTP version is not spoken here", "Use HTTP/1.1 or HTTP/1.0."},
  {errc::draining, "draining", 503, "this node is about to stop",
   "Try again: another one answers."},
  {errc::agent_lost, "agent_lost", 502, "the agent was lost before the answer was complete",
   "Send the request again if that is safe; the agent reconnects by itself."},

  {errc::key_invalid, "key_invalid", 401, "the API key is wrong, revoked or expired",
   "Ask the operator for a key (`servermed key create`) and store it with `serverme authtoken`."},
  {errc::name_taken, "name_taken", 409, "the name is in use",
   "Choose another name, or stop the tunnel that holds it."},
  {errc::name_reserved, "name_reserved", 409, "the name is reserved",
   "Choose another name: this one belongs to another account or to the system."},
  {errc::name_invalid, "name_invalid", 400, "the name cannot be part of a host name",
   "Use 1 to 63 of a-z, 0-9 and '-', not starting or ending with '-'."},
  {errc::port_out_of_range, "port_out_of_range", 400, "the port is not one this server gives out",
   "Ask for a port of the server's range, or for none to take a free one."},
  {errc::port_taken, "port_taken", 409, "the port is in use", "Ask for another one, or for none."},
  {errc::no_free_port, "no_free_port", 503, "every TCP port of the range is in use",
   "Close a tunnel, or let the operator widen tcp_ports."},
  {errc::too_many_endpoints, "too_many_endpoints", 429, "too many tunnels in one session",
   "Close some, or open the rest with a second `serverme`."},
  {errc::protocol_violation, "protocol_violation", 400, "the peer broke the lane protocol",
   "Use programs of matching versions; report it if they do."},
  {errc::version_unsupported, "version_unsupported", 400, "the protocol versions do not overlap",
   "Upgrade the older side."},
  {errc::control_unavailable, "control_unavailable", 503,
   "no control node or database can be reached",
   "Running tunnels go on; new ones are accepted once it is back. Try again."},
  {errc::session_replaced, "session_replaced", 409, "another agent took the session over",
   "Nothing, if you started that agent."},
  {errc::greeting_timeout, "greeting_timeout", 408,
   "the peer connected but did not introduce itself",
   "Check that nothing but `serverme` connects to this port."},
  {errc::peer_silent, "peer_silent", 0, "the peer has been silent for too long",
   "Nothing: the agent reconnects by itself."},
  {errc::frame_too_large, "frame_too_large", 400, "a frame is larger than the protocol allows",
   "Use programs of matching versions; report it if they do."},
  {errc::resume_refused, "resume_refused", 401, "the session cannot be resumed",
   "Nothing: the agent opens a new session with its key."},
  {errc::lane_limit, "lane_limit", 429, "too many connections for one session",
   "Nothing: the agent goes on with those it has."},
  {errc::stream_reset, "stream_reset", 0, "the other side gave the stream up", "Nothing."},
  {errc::closed_by_owner, "closed_by_owner", 0, "the tunnel was closed through the API",
   "Start it again if that was a mistake."},
  {errc::too_many_claims, "too_many_claims", 429,
   "too many names or ports are held for this account",
   "Take one that you had before, wait (a name is held for a day, a port for an hour after its "
   "tunnel), or let the operator reserve names or raise the limit."},

  {errc::api_unauthorized, "unauthorized", 401, "the API needs a valid key",
   "Send `Authorization: Bearer sm_live_...`."},
  {errc::api_not_found, "not_found", 404, "there is no such thing, or it is not yours",
   "Check the id and the key."},
  {errc::api_bad_request, "bad_request", 400, "the API request is malformed",
   "See docs/api.md for what this call takes."},
  {errc::api_method_not_allowed, "method_not_allowed", 405, "this resource has no such method",
   "See docs/api.md; the Allow header lists the methods."},
  {errc::api_too_large, "too_large", 413, "the API request is too large", "Send less."},
  {errc::api_unavailable, "unavailable", 503, "a part of the server is not ready",
   "Try again in a moment; /readyz says which part."},
  {errc::capture_incomplete, "capture_incomplete", 409,
   "the request was larger than what was kept of it", "Send it again from its source."},
  {errc::replay_failed, "replay_failed", 502, "the replay got no answer",
   "Check that the tunnel is online and its local service runs."},
  {errc::too_many_calls, "too_many_calls", 429, "too many live views or replays at once",
   "Close live views, or wait until replays are answered."},

  {errc::config_unreadable, "config_unreadable", 0, "the configuration file cannot be read",
   "Check the path and its owner."},
  {errc::config_invalid, "config_invalid", 0, "the configuration is not valid",
   "`serverme config check` names each mistake, and where each value comes from."},
  {errc::file_mode_too_open, "file_mode_too_open", 0, "others can read a file with secrets in it",
   "chmod 600 the file."},
  {errc::key_missing, "key_missing", 0, "no API key is configured",
   "Run `serverme authtoken KEY`, or set SERVERME_TOKEN."},
  {errc::server_unreachable, "server_unreachable", 0, "the server cannot be reached",
   "`serverme doctor` finds out which step fails."},
  {errc::certificate_refused, "certificate_refused", 0,
   "the server's certificate cannot be trusted",
   "Give the CA with --ca FILE if the server has one of its own."},
  {errc::local_address_invalid, "local_address_invalid", 0, "the local address is not understood",
   "Use PORT, HOST:PORT, http://HOST:PORT, https://HOST:PORT or unix:/PATH."},

  {errc::database_unavailable, "database_unavailable", 503, "PostgreSQL cannot be reached",
   "Check the connection string and that the server runs."},
  {errc::migration_failed, "migration_failed", 0,
   "the database schema cannot be brought up to date",
   "`servermed migrate --status` shows which step differs."},
  {errc::listen_failed, "listen_failed", 0, "an address cannot be listened on",
   "Another program may hold it: choose another address, or port 0 for a free one."},
  {errc::data_dir_unusable, "data_dir_unusable", 0, "the data directory cannot be used",
   "Check its path, owner and free space."},
  {errc::certificate_unreadable, "certificate_unreadable", 0,
   "a certificate or key cannot be loaded",
   "Check the paths, and that the key belongs to the certificate."},
  {errc::node_config_invalid, "node_config_invalid", 0, "the configuration is not valid",
   "See docs/configuration.md."},
  {errc::already_running, "already_running", 0, "another servermed uses this data directory",
   "Stop it first, or choose another --data-dir."},
  {errc::cluster_missing, "cluster_missing", 404, "there is no cluster yet",
   "Make one with `servermed init`, or join one with `servermed join`."},
  {errc::cluster_exists, "cluster_exists", 409, "there is a cluster already",
   "Add this node to it: `servermed token create` there, `servermed join` here."},
  {errc::identity_missing, "identity_missing", 0, "this data directory holds no node of a cluster",
   "`servermed init` makes a cluster, `servermed join` joins one."},
  {errc::identity_exists, "identity_exists", 0,
   "this data directory holds a node of a cluster already",
   "Choose another --data-dir, or give that node up with `servermed leave`."},
  {errc::identity_unusable, "identity_unusable", 0, "the node's own files cannot be used",
   "Restore DATA_DIR/cluster from a backup, or join again with a new token."},
  {errc::token_malformed, "token_malformed", 400, "the join token is not whole",
   "Copy it again, all of it."},
  {errc::token_unknown, "token_unknown", 403, "this cluster has made no such join token",
   "Make one with `servermed token create`."},
  {errc::token_expired, "token_expired", 403, "the join token has expired",
   "Make another one with `servermed token create`, and use it sooner, or give it a longer --ttl."},
  {errc::token_revoked, "token_revoked", 403, "the join token was revoked",
   "Ask whoever runs the cluster for another one."},
  {errc::token_used, "token_used", 403, "the join token has been used up",
   "Each node needs a token of its own: make another one, or one with more --uses."},
  {errc::token_role_refused, "token_role_refused", 403, "the join token does not allow this role",
   "Ask for fewer roles, or for a token that has them: `servermed token create --role ...`."},
  {errc::cluster_mismatch, "cluster_mismatch", 403, "this is not the cluster it should be",
   "Nothing secret was sent. Check the address: something else listens there, or another cluster "
   "does."},
  {errc::gossip_malformed, "gossip_malformed", 0, "a node sent what no node sends",
   "Use programs of matching versions; report it if they do."},
  {errc::identity_in_use, "identity_in_use", 0, "another live node has this node's identity",
   "Was the data directory copied? Give this node one of its own and join again."},
  {errc::cluster_full, "cluster_full", 0, "the cluster has as many nodes as it can have",
   "Let nodes leave that are no longer needed."},
  {errc::node_removed, "node_removed", 403, "this node was removed from the cluster",
   "Join again with a new token if that was a mistake."},
  {errc::cluster_key_missing, "cluster_key_missing", 503,
   "the key to the cluster's CA is missing or wrong",
   "Copy DATA_DIR/cluster/cluster.key from another control node, with mode 0600."},
  {errc::control_unreachable, "control_unreachable", 503, "no control node can be reached",
   "Check that one runs, its address, and that a firewall lets its join port (7946) through."},
  {errc::last_control_node, "last_control_node", 409, "it is the last control node of its cluster",
   "Let another control node join first."},
  {errc::node_not_running, "node_not_running", 0, "no node runs there that could be asked",
   "Start it, or name a control node that runs: its --data-dir or --config, or --api and "
   "--key-file."},
});

constexpr error_entry unknown{errc{}, "unknown", 500, "an unknown error",
                              "A newer peer may know more: upgrade this side."};

static_assert(std::ranges::is_sorted(catalogue, {}, &error_entry::code));

} // namespace

std::span<const error_entry> error_catalogue() noexcept { return catalogue; }

const error_entry& describe(errc code) noexcept {
  auto entry = std::ranges::lower_bound(catalogue, code, {}, &error_entry::code);
  return entry != catalogue.end() && entry->code == code ? *entry : unknown;
}

std::string public_code(errc code) {
  return "SM-" + std::to_string(static_cast<std::uint16_t>(code));
}

bool is_permanent(errc code) noexcept {
  switch (code) {
    case errc::key_invalid:
    case errc::version_unsupported:
    case errc::session_replaced:
    case errc::name_reserved:
    case errc::name_invalid:
    case errc::port_out_of_range:
    case errc::too_many_endpoints:
    case errc::closed_by_owner:
    case errc::too_many_claims:
    case errc::certificate_refused:
    case errc::key_missing:
    case errc::identity_in_use:
    case errc::node_removed: return true;
    default: return false;
  }
}

std::string to_string(const failure& why) {
  auto text = public_code(why.code) + " " + std::string{describe(why.code).title};
  return why.detail.empty() ? text : text + ": " + why.detail;
}

} // namespace serverme

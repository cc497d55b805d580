#include "nodes/servermed/node_config.hpp"

#include "config/settings_reader.hpp"
#include "net/listener.hpp"
#include "nodes/servermed/cluster/identity_files.hpp"
#include "protocol/cluster/node_address.hpp"
#include "protocol/endpoint.hpp"

#include <charconv>

namespace serverme::servermed {

namespace {

using config::settings_reader;

void read_address(settings_reader& from, const char* key, net::address& into) {
  std::string text;
  from.read(key, text);
  if (text.empty())
    return;
  if (auto where = net::parse_address(text))
    into = std::move(*where);
  else
    from.complain(key, where.error().detail);
}

void read_optional_address(settings_reader& from, const char* key,
                           std::optional<net::address>& into) {
  net::address where;
  read_address(from, key, where);
  if (from.has(key))
    into = std::move(where);
}

void read_ports(settings_reader& from, const char* key, port_range& into) {
  std::string text;
  from.read(key, text);
  if (text.empty())
    return;
  if (auto range = parse_port_range(text))
    into = *range;
  else
    from.complain(key, range.error().detail);
}

void read_domain(settings_reader& from, node_config& config) {
  std::string text;
  from.read("domain", text);
  if (text.empty())
    return;
  config.domain = normalize_host(text);
  if (config.domain.empty())
    from.complain("domain", "'" + text + "' is no host name");
}

void read_certificates(settings_reader& from, node_config& config) {
  for (auto& each : from.list("certificates")) {
    std::string chain, key;
    each.read("chain", chain);
    each.read("key", key);
    if (chain.empty() || key.empty())
      each.complain("chain", "a certificate needs `chain` and `key`");
    config.certificates.push_back({chain, key});
  }
}

void read_limits(settings_reader from, node_config& config) {
  auto& limits = config.edge.limits;
  from.read_bytes("head_bytes", limits.head.bytes_max);
  from.read("head_fields", limits.head.fields_max, 1, 10'000);
  from.read("head_timeout", limits.head_timeout);
  from.read("idle_timeout", limits.idle_timeout);
  from.read("stalled_timeout", limits.stalled_timeout);
  from.read("greeting_timeout", limits.greeting_timeout);
  from.read("strangers", limits.strangers_max, 1);
  from.read("visitors", limits.visitors_max, 1);
  from.read("away_patience", limits.away_patience);
  from.read("waiting_requests", limits.waiting_max, 1);
  from.read("streams_per_lane", limits.streams_per_lane, 1, 65'536);
  from.read("lanes_per_session", limits.lanes_per_session, 1, 64);
  from.read_bytes("lane_window", limits.lane_window_bytes);
  from.read_bytes("account_window", limits.account_window_bytes);
  from.read_bytes("loop_window", limits.loop_window_bytes);
  from.read("drain_time", limits.drain_time);
  from.read("captures_per_tunnel", limits.capture.ring_max, 1, 100'000);
  from.read_bytes("capture_body", limits.capture.body_bytes_max);
  from.read("names_per_account", config.claims.names_max, 1);
  from.read("ports_per_account", config.claims.ports_max, 1);
}

void read_beacon(settings_reader& from, std::optional<net::address>& beacon) {
  std::string text;
  from.read("beacon", text);
  if (text.empty())
    return;
  if (text == "off")
    return beacon.reset();
  auto group = net::parse_address(text);
  if (group && net::is_multicast_ipv4(group->host) && group->port != 0)
    beacon = *group;
  else
    from.complain("beacon", "'" + text + "' is not off, and no IPv4 multicast group with a port");
}

void read_cluster(settings_reader from, cluster_config& config) {
  read_optional_address(from, "join", config.join);
  read_address(from, "listen", config.listen);
  read_beacon(from, config.beacon);
  from.read("host", config.host);
  if (!config.host.empty() && !parse_node_address(to_string(node_address{config.host, 1})))
    from.complain("host", "'" + config.host + "' is no name or address");
  from.read("lanes", config.lanes);
  if (!config.lanes.empty() && !parse_node_address(config.lanes))
    from.complain("lanes", "'" + config.lanes + "' is no address: write HOST:PORT");
}

// What it will be: alone, all there is.
node_roles roles_of(const std::filesystem::path& data_dir) {
  auto identity = load_identity(data_dir);
  return identity ? identity->who().roles : node_roles{node_role::edge, node_role::control};
}

} // namespace

result<done> read_config_file(const std::filesystem::path& file, node_config& config) {
  auto opened = settings_reader::open(file);
  if (!opened)
    return fail(opened.error());
  auto& from = *opened;
  std::string data_dir = config.data_dir.string();
  from.read("data_dir", data_dir);
  config.data_dir = data_dir;
  read_domain(from, config);
  from.read("node", config.edge.node_name);
  read_address(from, "http", config.edge.http);
  read_address(from, "tls", config.edge.tls);
  read_address(from, "api", config.api);
  read_optional_address(from, "health", config.health);
  from.read("tcp_host", config.edge.tcp_host);
  read_ports(from, "tcp_ports", config.tcp_ports);
  from.read("public_http_port", config.public_http_port);
  from.read("public_tls_port", config.public_tls_port);
  from.read("database", config.database);
  read_certificates(from, config);
  from.read("loops", config.edge.loops, 0, 256);
  read_limits(from.section("limits"), config);
  read_cluster(from.section("cluster"), config.cluster);
  return from.finish();
}

result<port_range> parse_port_range(const std::string& text) {
  port_range range;
  const auto* end = text.data() + text.size();
  auto [dash, first_error] = std::from_chars(text.data(), end, range.first);
  if (first_error == std::errc{} && dash != end && *dash == '-') {
    auto [rest, last_error] = std::from_chars(dash + 1, end, range.last);
    if (last_error == std::errc{} && rest == end && range.first > 0 && range.first <= range.last)
      return range;
  }
  return fail(errc::config_invalid, "'" + text + "' is no range of ports: write FIRST-LAST");
}

std::string to_string(const port_range& range) {
  return std::to_string(range.first) + "-" + std::to_string(range.last);
}

result<done> check_for_production(const node_config& config) {
  std::string missing;
  auto need = [&missing](bool is_there, const char* what) {
    if (!is_there)
      missing += (missing.empty() ? "" : "\n") + std::string{what};
  };
  need(!config.data_dir.empty(), "data_dir is missing");
  auto roles = roles_of(config.data_dir);
  auto is_edge = roles.has(node_role::edge);
  need(!is_edge || config.domain != "localhost", "domain is missing: tunnels are names below it");
  need(!config.database.empty() || !roles.has(node_role::control),
       "database is missing: a PostgreSQL connection string");
  need(!is_edge || !config.certificates.empty(),
       "certificates are missing: one wildcard, or one per name");
  if (missing.empty())
    return done{};
  return fail(errc::config_invalid, missing);
}

} // namespace serverme::servermed

// What a node needs to know: defaults, then the configuration file, then the command line.
#pragma once

#include "net/cluster/lan_beacon.hpp"
#include "nodes/control/claim_limits.hpp"
#include "nodes/edge/certificate_files.hpp"
#include "nodes/edge/edge_config.hpp"
#include "protocol/cluster/node_address.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace serverme::servermed {

inline constexpr std::uint16_t default_health_port = 8082;

struct port_range {
  std::uint16_t first = 10000;
  std::uint16_t last = 10999;

  friend bool operator==(const port_range&, const port_range&) = default;
};

/// For a node that is one of a cluster: see docs/cluster.md.
struct cluster_config {
  /// Where nodes join, on control nodes. Nothing: nowhere, on a development server; else on every
  /// address, port 7946.
  std::optional<net::address> join;
  /// Where other nodes connect.
  net::address listen{"", default_cluster_port};
  /// Multicast group on which nodes of one network find each other; nothing: they do not.
  std::optional<net::address> beacon = net::lan_beacon_options{}.group;
  /// Name or address by which other nodes reach this one; empty: what was said when it joined.
  std::string host;
  /// HOST:PORT by which agents and other edges reach the lanes of this edge; empty: `host`, and the
  /// port of the TLS listener.
  std::string lanes;
};

struct node_config {
  std::filesystem::path data_dir;
  /// Tunnels are names below it.
  std::string domain = "localhost";
  /// On control nodes.
  net::address api{"127.0.0.1", 8081};
  /// Where every node says how it is. Nothing: nowhere on a development server; else on this
  /// machine, port 8082.
  std::optional<net::address> health;
  port_range tcp_ports;
  /// As libpq reads it; empty: a private PostgreSQL in the data directory.
  std::string database;
  /// Empty: the development CA in the data directory.
  std::vector<edge::certificate_paths> certificates;
  /// What stands in URLs when visitors come to other ports than ours; 0: ours.
  std::uint16_t public_http_port = 0;
  std::uint16_t public_tls_port = 0;
  control::claim_limits claims;
  edge::edge_config edge;
  cluster_config cluster;
};

/// Puts what the file says over `config`; every problem is named with its line.
/// @errors config_unreadable, config_invalid
result<done> read_config_file(const std::filesystem::path& file, node_config& config);

/// "A-B". @errors config_invalid
result<port_range> parse_port_range(const std::string& text);
std::string to_string(const port_range& range);

/// What a node that is no development server must be told.
/// @errors config_invalid: everything that is missing
result<done> check_for_production(const node_config& config);

} // namespace serverme::servermed

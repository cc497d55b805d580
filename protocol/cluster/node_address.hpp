// Where nodes reach a node: a name or an address, and a port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace serverme {

/// Of control nodes: here nodes join and renew their certificates.
inline constexpr std::uint16_t default_join_port = 7946;
/// Of every node: here the others of its cluster connect.
inline constexpr std::uint16_t default_cluster_port = 7947;

struct node_address {
  /// A DNS name, or a numeric address without brackets.
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const node_address&, const node_address&) = default;
};

/// "db1.example.com:7946", "[fd00::1]:7946".
std::string to_string(const node_address& where);
/// HOST:PORT, or HOST alone when there is a port to assume. Nothing when it is none of these; names
/// are not looked up.
std::optional<node_address> parse_node_address(std::string_view text, std::uint16_t assumed = 0);

} // namespace serverme

// Which endpoint is served by which session: an immutable map that is cheap to replace.
#pragma once

#include "protocol/routes/route.hpp"
#include "protocol/routes/route_shard.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace serverme {

/// Where visitors look it up.
struct route_key {
  /// Empty for tcp.
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const route_key&, const route_key&) = default;
};

inline route_key key_of(const route& entry) {
  if (entry.kind == endpoint_kind::tcp)
    return {{}, entry.port};
  return {entry.host, 0};
}

/// What serves from now on; nullptr: nothing.
struct route_change {
  route_key where;
  std::shared_ptr<const route> now;
};

/// A snapshot. Copying it shares everything; a change copies one of its shards, so that a million
/// names can change one at a time. Event loops hold it as shared_ptr<const route_map>.
class route_map {
public:
  route_map();

  /// nullptr when the host is not served. `host` as normalize_host() gives it.
  const route* find_host(std::string_view host) const noexcept;
  const route* find_port(std::uint16_t port) const noexcept;

  /// Replaces what the same host or port had, unless that is of a newer generation.
  /// @returns whether the map changed
  bool put(route entry);
  /// Only if it is still this endpoint's. @returns whether the map changed
  bool remove_host(std::string_view host, endpoint_id endpoint);
  bool remove_port(std::uint16_t port, endpoint_id endpoint);
  /// All of them, whatever there was before, copying each shard once.
  void apply(const std::vector<route_change>& changes);

  std::size_t size() const noexcept;

private:
  using port_shard = std::unordered_map<std::uint16_t, std::shared_ptr<const route>>;
  static constexpr std::size_t shards = 256;

  /// By the lower bits: within a shard names stand by the upper ones.
  static std::size_t shard_of(std::uint64_t hash) noexcept { return hash % shards; }
  void change_hosts(std::size_t shard, std::vector<route_shard::change> changes);

  std::array<std::shared_ptr<const route_shard>, shards> hosts_;
  std::shared_ptr<const port_shard> ports_;
};

} // namespace serverme

template <>
struct std::hash<serverme::route_key> {
  std::size_t operator()(const serverme::route_key& x) const noexcept {
    return std::hash<std::string>{}(x.host) ^ x.port;
  }
};

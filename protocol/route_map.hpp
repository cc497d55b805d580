// Which endpoint is served by which session: an immutable map that is cheap to replace.
#pragma once

#include "protocol/endpoint.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace serverme {

/// Where the lanes of a session are, when not only on this edge (docs/adr/0015). Shared by the
/// routes of the session.
struct session_places {
  /// Where its actor lives; none: on this edge.
  node_id home;
  /// Other edges that have a lane of it, in the order in which to try them.
  std::vector<node_id> others;

  friend bool operator==(const session_places&, const session_places&) = default;
};

/// Where one endpoint leads, and what the edge does on the way.
struct route {
  endpoint_id endpoint;
  endpoint_kind kind = endpoint_kind::http;
  /// "shop.example.com", or "" for tcp.
  std::string host;
  /// tcp only.
  std::uint16_t port = 0;
  session_id session;
  account_id owner;
  serverme::generation generation;
  inspection inspect = inspection::on;
  std::string host_header;
  /// SHA-256 of "user:password"; empty: open to all.
  std::string basic_auth_digest;
  /// nullptr: this edge is its home, and has all its lanes. Each edge has its own view: not told.
  std::shared_ptr<const session_places> places;

  friend bool operator==(const route&, const route&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, route& x) {
    return f(x.endpoint, x.kind, x.host, x.port, x.session, x.owner, x.generation, x.inspect,
             x.host_header, x.basic_auth_digest);
  }
};

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
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using host_shard
    = std::unordered_map<std::string, std::shared_ptr<const route>, text_hash, std::equal_to<>>;
  using port_shard = std::unordered_map<std::uint16_t, std::shared_ptr<const route>>;
  static constexpr std::size_t shards = 256;

  static std::size_t shard_of(std::string_view host) noexcept;
  host_shard& own_shard(std::size_t index);

  std::array<std::shared_ptr<const host_shard>, shards> hosts_;
  std::shared_ptr<const port_shard> ports_;
};

} // namespace serverme

template <>
struct std::hash<serverme::route_key> {
  std::size_t operator()(const serverme::route_key& x) const noexcept {
    return std::hash<std::string>{}(x.host) ^ x.port;
  }
};

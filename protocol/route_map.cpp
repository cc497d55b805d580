#include "protocol/route_map.hpp"

namespace serverme {

namespace {

/// An older generation never replaces a newer one.
bool replaces(const route& entry, const route& present) noexcept {
  return entry.generation >= present.generation;
}

} // namespace

// Shards are made when first needed: an empty map is 256 null pointers.
route_map::route_map() = default;

const route* route_map::find_host(std::string_view host) const noexcept {
  auto hash = route_shard::hash_of(host);
  const auto& shard = hosts_[shard_of(hash)];
  return shard ? shard->find(hash, host) : nullptr;
}

const route* route_map::find_port(std::uint16_t port) const noexcept {
  if (!ports_)
    return nullptr;
  auto found = ports_->find(port);
  return found == ports_->end() ? nullptr : found->second.get();
}

bool route_map::put(route entry) {
  bool by_port = entry.kind == endpoint_kind::tcp;
  const auto* present = by_port ? find_port(entry.port) : find_host(entry.host);
  if (present && !replaces(entry, *present))
    return false;
  auto shared = std::make_shared<const route>(std::move(entry));
  if (by_port) {
    auto copy = ports_ ? std::make_shared<port_shard>(*ports_) : std::make_shared<port_shard>();
    copy->insert_or_assign(shared->port, shared);
    ports_ = std::move(copy);
  } else {
    auto hash = route_shard::hash_of(shared->host);
    change_hosts(shard_of(hash), {{hash, shared->host, shared}});
  }
  return true;
}

bool route_map::remove_host(std::string_view host, endpoint_id endpoint) {
  const auto* present = find_host(host);
  if (!present || present->endpoint != endpoint)
    return false;
  auto hash = route_shard::hash_of(host);
  change_hosts(shard_of(hash), {{hash, host, nullptr}});
  return true;
}

bool route_map::remove_port(std::uint16_t port, endpoint_id endpoint) {
  const auto* present = find_port(port);
  if (!present || present->endpoint != endpoint)
    return false;
  auto copy = std::make_shared<port_shard>(*ports_);
  copy->erase(port);
  ports_ = std::move(copy);
  return true;
}

void route_map::apply(const std::vector<route_change>& changes) {
  std::array<std::vector<route_shard::change>, shards> hosts;
  std::shared_ptr<port_shard> ports;
  for (const auto& [where, now] : changes) {
    if (where.port == 0) {
      auto hash = route_shard::hash_of(where.host);
      hosts[shard_of(hash)].push_back({hash, where.host, now});
      continue;
    }
    if (!ports)
      ports = ports_ ? std::make_shared<port_shard>(*ports_) : std::make_shared<port_shard>();
    if (now)
      ports->insert_or_assign(where.port, now);
    else
      ports->erase(where.port);
  }
  if (ports)
    ports_ = std::move(ports);
  for (std::size_t i = 0; i < shards; ++i)
    if (!hosts[i].empty())
      change_hosts(i, std::move(hosts[i]));
}

std::size_t route_map::size() const noexcept {
  std::size_t count = ports_ ? ports_->size() : 0;
  for (const auto& shard : hosts_)
    count += shard ? shard->size() : 0;
  return count;
}

void route_map::change_hosts(std::size_t shard, std::vector<route_shard::change> changes) {
  static const route_shard none;
  auto& place = hosts_[shard];
  place = (place ? *place : none).with(std::move(changes));
}

} // namespace serverme

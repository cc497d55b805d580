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
  const auto& shard = hosts_[shard_of(host)];
  if (!shard)
    return nullptr;
  auto found = shard->find(host);
  return found == shard->end() ? nullptr : found->second.get();
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
    own_shard(shard_of(shared->host)).insert_or_assign(shared->host, shared);
  }
  return true;
}

bool route_map::remove_host(std::string_view host, endpoint_id endpoint) {
  const auto* present = find_host(host);
  if (!present || present->endpoint != endpoint)
    return false;
  auto& shard = own_shard(shard_of(host));
  shard.erase(shard.find(host));
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
  std::array<host_shard*, shards> own{};
  std::shared_ptr<port_shard> ports;
  for (const auto& [where, now] : changes) {
    if (where.port != 0) {
      if (!ports)
        ports = ports_ ? std::make_shared<port_shard>(*ports_) : std::make_shared<port_shard>();
      if (now)
        ports->insert_or_assign(where.port, now);
      else
        ports->erase(where.port);
      continue;
    }
    auto index = shard_of(where.host);
    auto*& shard = own[index];
    if (shard == nullptr)
      shard = &own_shard(index);
    if (now)
      shard->insert_or_assign(where.host, now);
    else
      shard->erase(where.host);
  }
  if (ports)
    ports_ = std::move(ports);
}

std::size_t route_map::size() const noexcept {
  std::size_t count = ports_ ? ports_->size() : 0;
  for (const auto& shard : hosts_)
    count += shard ? shard->size() : 0;
  return count;
}

std::size_t route_map::shard_of(std::string_view host) noexcept {
  // The upper bits: the lower ones choose the bucket within the shard.
  return (text_hash{}(host) >> 24U) % shards;
}

/// A copy of the shard that only this map has, and that may be changed until the call returns.
route_map::host_shard& route_map::own_shard(std::size_t index) {
  auto& place = hosts_[index];
  auto copy = place ? std::make_shared<host_shard>(*place) : std::make_shared<host_shard>();
  auto& changeable = *copy;
  place = std::move(copy);
  return changeable;
}

} // namespace serverme

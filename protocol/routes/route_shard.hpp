// Some of the names of a route map: sorted by hash, never changed, replaced by a copy.
//
// Without nodes and buckets a name costs 24 bytes beside its route, and is found where its hash
// says that it must about be. Route and all, each of a million names costs 248 bytes
// (`make bench-micro`); 361 with std::unordered_map.
#pragma once

#include "protocol/routes/route.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace serverme {

class route_shard {
public:
  using shared_route = std::shared_ptr<const route>;

  struct change {
    std::uint64_t hash = 0;
    std::string_view host;
    /// nullptr: nothing serves it from now on.
    shared_route now;
  };

  static std::uint64_t hash_of(std::string_view host) noexcept {
    return std::hash<std::string_view>{}(host);
  }

  /// nullptr when it is not there.
  const route* find(std::uint64_t hash, std::string_view host) const noexcept;

  /// A copy with these changes; of several for one host the last one counts. nullptr when nothing
  /// is left.
  std::shared_ptr<const route_shard> with(std::vector<change> changes) const;

  std::size_t size() const noexcept { return routes_.size(); }

private:
  std::size_t first_of(std::uint64_t hash) const noexcept;

  std::vector<std::uint64_t> hashes_; // of routes_, in order
  std::vector<shared_route> routes_;
};

} // namespace serverme

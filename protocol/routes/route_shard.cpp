#include "protocol/routes/route_shard.hpp"

#include <algorithm>
#include <utility>

namespace serverme {

namespace {

/// Where `hash` would stand among `size` that are spread evenly.
std::size_t guess(std::uint64_t hash, std::size_t size) noexcept {
  constexpr double all = 18446744073709551616.0; // 2^64
  auto at = static_cast<std::size_t>(static_cast<double>(hash) / all * static_cast<double>(size));
  return std::min(at, size - 1);
}

} // namespace

// A guess is off by the square root of their number: steps that double soon enclose the place.
std::size_t route_shard::first_of(std::uint64_t hash) const noexcept {
  auto size = hashes_.size();
  if (size == 0)
    return 0;
  auto low = guess(hash, size), high = low;
  for (std::size_t step = 8; low > 0 && hashes_[low] >= hash; step *= 2)
    low = low > step ? low - step : 0;
  for (std::size_t step = 8; high < size && hashes_[high] < hash; step *= 2)
    high = std::min(size, high + step);
  auto begin = hashes_.begin();
  return static_cast<std::size_t>(std::lower_bound(begin + static_cast<std::ptrdiff_t>(low),
                                                   begin + static_cast<std::ptrdiff_t>(high), hash)
                                  - begin);
}

const route* route_shard::find(std::uint64_t hash, std::string_view host) const noexcept {
  for (auto at = first_of(hash); at < hashes_.size() && hashes_[at] == hash; ++at)
    if (routes_[at]->host == host)
      return routes_[at].get();
  return nullptr;
}

std::shared_ptr<const route_shard> route_shard::with(std::vector<change> changes) const {
  std::ranges::stable_sort(changes, {}, [](const change& x) { return std::pair{x.hash, x.host}; });
  auto copy = std::make_shared<route_shard>();
  copy->hashes_.reserve(size() + changes.size());
  copy->routes_.reserve(size() + changes.size());
  auto add = [&](std::uint64_t hash, const shared_route& entry) {
    copy->hashes_.push_back(hash);
    copy->routes_.push_back(entry);
  };
  std::size_t at = 0;
  auto keep_below = [&](std::uint64_t hash) {
    for (; at < size() && hashes_[at] < hash; ++at)
      add(hashes_[at], routes_[at]);
  };
  for (auto next = changes.begin(); next != changes.end();) {
    auto hash = next->hash;
    keep_below(hash);
    auto end = std::ranges::find_if(next, changes.end(),
                                    [hash](const change& x) { return x.hash != hash; });
    auto is_changed = [&](std::string_view host) {
      return std::any_of(next, end, [host](const change& x) { return x.host == host; });
    };
    for (; at < size() && hashes_[at] == hash; ++at)
      if (!is_changed(routes_[at]->host))
        add(hash, routes_[at]);
    for (; next != end; ++next)
      if (auto after = std::next(next); next->now && (after == end || after->host != next->host))
        add(hash, next->now);
  }
  for (; at < size(); ++at)
    add(hashes_[at], routes_[at]);
  if (copy->routes_.empty())
    return nullptr;
  copy->hashes_.shrink_to_fit();
  copy->routes_.shrink_to_fit();
  return copy;
}

} // namespace serverme

// How often strangers of one address may come: a bucket of tries for each, that fills again.
#pragma once

#include "protocol/time.hpp"

#include <cstddef>
#include <string>
#include <unordered_map>

namespace serverme {

struct source_rate_limits {
  /// A rack that is set up at once comes from one address.
  double burst = 64;
  double per_second = 8;
  /// Remembered; whoever has more addresses than these is not held up by this anyway.
  std::size_t sources_max = 4096;
};

class source_rate {
public:
  explicit source_rate(source_rate_limits limits = {}) : limits_{limits} {}

  /// @returns false when `source` has used up its tries
  bool take(const std::string& source, time_point now);
  std::size_t sources() const noexcept { return buckets_.size(); }

private:
  struct bucket {
    double tries = 0;
    time_point since;
  };
  double tries_of(const bucket& it, time_point now) const;
  void make_room(time_point now);

  source_rate_limits limits_;
  std::unordered_map<std::string, bucket> buckets_;
};

} // namespace serverme

// Reads again and again which nodes were removed from the cluster.
#pragma once

#include "nodes/control/cluster/cluster_ledger.hpp"
#include "protocol/time.hpp"

#include <functional>
#include <thread>
#include <vector>

namespace serverme::control {

struct outcast_watch_settings {
  database_settings database;
  /// What a removal takes to be known here, and a query each.
  milliseconds look_every{1'000};
};

class outcast_watch {
public:
  /// Starts a thread that blocks for the database, never for anybody else. `told` is called on it
  /// with the whole list each time; while the database is away it is not.
  outcast_watch(outcast_watch_settings settings, std::function<void(std::vector<node_id>)> told);
  /// Waits for a query that is under way.
  ~outcast_watch();
  outcast_watch(const outcast_watch&) = delete;
  outcast_watch& operator=(const outcast_watch&) = delete;

private:
  void watch(const std::stop_token& stop);

  const milliseconds look_every_;
  const std::function<void(std::vector<node_id>)> told_;
  cluster_ledger facts_;
  std::jthread thread_;
};

} // namespace serverme::control

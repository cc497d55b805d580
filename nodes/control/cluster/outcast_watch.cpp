#include "nodes/control/cluster/outcast_watch.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace serverme::control {

outcast_watch::outcast_watch(outcast_watch_settings settings,
                             std::function<void(std::vector<node_id>)> told)
  : look_every_{settings.look_every},
    told_{std::move(told)},
    facts_{std::move(settings.database)},
    thread_{[this](const std::stop_token& stop) { watch(stop); }} {}

outcast_watch::~outcast_watch() = default;

void outcast_watch::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock{mutex};
  std::condition_variable_any woken; // by `stop` alone
  while (!stop.stop_requested()) {
    if (auto list = facts_.answer(list_outcasts{}))
      told_(*std::move(list));
    woken.wait_for(lock, stop, look_every_, [] { return false; });
  }
}

} // namespace serverme::control

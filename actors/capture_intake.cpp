#include "actors/capture_intake.hpp"

#include <utility>

namespace serverme::actors {

shared_capture capture_intake::give(std::unique_ptr<capture> exchange) {
  std::shared_ptr<capture_feed> feed;
  {
    std::lock_guard guard{mutex_};
    if (auto found = queues_.find(exchange->endpoint); found != queues_.end()) {
      exchange->id.value = ++found->second.last_id;
      feed = found->second.feed;
    }
  }
  shared_capture shared{std::move(exchange)};
  if (feed)
    feed->offer(shared);
  return shared;
}

std::shared_ptr<capture_feed> capture_intake::open(endpoint_id endpoint,
                                                   std::function<void()> wake) {
  auto feed = std::make_shared<capture_feed>(waiting_max_, std::move(wake));
  std::lock_guard guard{mutex_};
  // Numbers go on when an inspector was started again.
  queues_[endpoint].feed = feed;
  return feed;
}

void capture_intake::close(endpoint_id endpoint) {
  std::lock_guard guard{mutex_};
  queues_.erase(endpoint);
}

} // namespace serverme::actors

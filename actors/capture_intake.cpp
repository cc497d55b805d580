#include "actors/capture_intake.hpp"

#include <utility>

namespace serverme::actors {

/// @returns nullptr when nobody inspects it here
std::shared_ptr<capture_feed> capture_intake::number(capture& exchange) {
  auto found = queues_.find(exchange.endpoint);
  if (found == queues_.end())
    return nullptr;
  exchange.id.value = ++found->second.last_id;
  return found->second.feed;
}

shared_capture capture_intake::give(std::unique_ptr<capture> exchange) {
  std::shared_ptr<capture_feed> feed;
  {
    std::lock_guard guard{mutex_};
    feed = number(*exchange);
    if (!feed)
      feed = elsewhere_.lock();
  }
  shared_capture shared{std::move(exchange)};
  if (feed)
    feed->offer(shared);
  return shared;
}

bool capture_intake::take_in(std::unique_ptr<capture> exchange) {
  std::shared_ptr<capture_feed> feed;
  {
    std::lock_guard guard{mutex_};
    feed = number(*exchange);
  }
  if (feed)
    feed->offer(shared_capture{std::move(exchange)});
  return feed != nullptr;
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

std::shared_ptr<capture_feed> capture_intake::open_elsewhere(std::size_t waiting_max,
                                                             std::function<void()> wake) {
  auto feed = std::make_shared<capture_feed>(waiting_max, std::move(wake));
  std::lock_guard guard{mutex_};
  elsewhere_ = feed;
  return feed;
}

} // namespace serverme::actors

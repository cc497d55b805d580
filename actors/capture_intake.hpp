// How captures come from the loops to the inspectors without anybody waiting for anybody.
//
// Each inspected endpoint has a short queue. When its inspector is behind, the oldest waiting
// capture makes room, and is counted. What belongs to endpoints whose home is another edge has one
// queue for all of them, if somebody takes it there.
#pragma once

#include "actors/capture_feed.hpp"
#include "protocol/ids.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace serverme::actors {

/// Every function may be called from any thread.
class capture_intake {
public:
  /// `waiting_max`: captures that wait for one inspector.
  explicit capture_intake(std::size_t waiting_max = 128) : waiting_max_{waiting_max} {}

  /// From a loop. Gives the capture its number within its endpoint, or none when that has its home
  /// elsewhere; from now on nobody changes it.
  shared_capture give(std::unique_ptr<capture> exchange);
  /// From another edge, whose visitor it was. @returns whether the endpoint is inspected here
  bool take_in(std::unique_ptr<capture> exchange);

  /// From an inspector: what is given for its endpoint comes to this feed, as long as it is kept.
  /// `wake` as in capture_feed.
  std::shared_ptr<capture_feed> open(endpoint_id endpoint, std::function<void()> wake);
  void close(endpoint_id endpoint);
  /// What is given for endpoints that are not inspected here comes to this feed, as long as it is
  /// kept, or until the next one is opened.
  std::shared_ptr<capture_feed> open_elsewhere(std::size_t waiting_max, std::function<void()> wake);

private:
  struct queue {
    std::shared_ptr<capture_feed> feed;
    std::uint64_t last_id = 0;
  };

  std::shared_ptr<capture_feed> number(capture& exchange);

  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::weak_ptr<capture_feed> elsewhere_;
  std::unordered_map<endpoint_id, queue> queues_;
};

} // namespace serverme::actors

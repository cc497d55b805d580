// What visitors here did with endpoints of one other edge, until it is told: bounded, in messages
// that a link between nodes lets pass.
#pragma once

#include "protocol/messages/neighbours.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <unordered_map>

namespace serverme::neighbours {

struct report_limits {
  /// Captures that wait, and their bytes.
  std::size_t captures_max = 512;
  std::size_t bytes_max = 8UL * 1024 * 1024;
  /// Of one message. A capture that is larger alone is never sent.
  std::size_t message_bytes_max = 512UL * 1024;
  std::size_t message_usages_max = 4'096;
};

/// Bytes that it takes in a message, about.
std::size_t weight_of(const capture& exchange);

class report_queue {
public:
  explicit report_queue(report_limits limits = {}) : limits_{limits} {}

  /// The oldest ones make room, and are counted.
  void add(std::shared_ptr<const capture> exchange);
  /// What waits for one endpoint is one sum.
  void add(const tunnel_usage& used);

  /// The next message; an empty one: there is nothing to tell.
  edge_report next();

  bool empty() const noexcept { return captures_.empty() && used_.empty(); }
  std::size_t captures() const noexcept { return captures_.size(); }
  /// Captures that nobody was told.
  std::uint64_t dropped() const noexcept { return dropped_; }

private:
  void drop_oldest();

  report_limits limits_;
  std::deque<std::shared_ptr<const capture>> captures_;
  std::size_t bytes_ = 0;
  std::unordered_map<endpoint_id, tunnel_usage> used_;
  std::uint64_t dropped_ = 0;
};

inline bool is_empty(const edge_report& report) {
  return report.captures.empty() && report.used.empty();
}

} // namespace serverme::neighbours

// The recorded exchanges of one endpoint: the newest, up to a number and to a size.
#pragma once

#include "protocol/capture.hpp"
#include "protocol/messages/captures.hpp"

#include <cstddef>
#include <deque>
#include <memory>

namespace serverme {

class capture_ring {
public:
  explicit capture_ring(capture_limits limits = {}) : limits_{limits} {}

  /// The oldest make room. Ids grow, almost: loops that end at the same time may swap places.
  void add(std::shared_ptr<const capture> exchange);

  /// Newest first. `before`: older than this one; 0: from the newest. At most capture_page_max.
  capture_page list(const capture_filter& filter, capture_id before, std::uint32_t limit) const;

  /// nullptr when it is not, or not any more, here.
  std::shared_ptr<const capture> find(capture_id id) const;

  /// @returns how many there were
  std::size_t clear();

  std::size_t size() const noexcept { return captures_.size(); }

private:
  void remove_oldest();

  capture_limits limits_;
  std::deque<std::shared_ptr<const capture>> captures_; // by id, the newest last
  std::size_t bytes_ = 0;
};

} // namespace serverme

#include "protocol/capture_ring.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace serverme {

namespace {

std::size_t weight_of(const capture& exchange) {
  return sizeof(capture) + exchange.request.head.size() + exchange.request.body.size()
         + exchange.response.head.size() + exchange.response.body.size() + exchange.target.size();
}

bool same_text(std::string_view left, std::string_view right) {
  auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::ranges::equal(left, right, {}, lower, lower);
}

bool passes(const capture_filter& filter, const capture& exchange) {
  if (!filter.method.empty() && !same_text(filter.method, exchange.method))
    return false;
  if (filter.status_min != 0 && exchange.status < filter.status_min)
    return false;
  if (filter.status_max != 0 && exchange.status > filter.status_max)
    return false;
  return exchange.target.find(filter.path) != std::string::npos;
}

bool is_older(const std::shared_ptr<const capture>& exchange, capture_id id) {
  return exchange->id < id;
}

} // namespace

void capture_ring::add(std::shared_ptr<const capture> exchange) {
  bytes_ += weight_of(*exchange);
  auto place = captures_.end();
  while (place != captures_.begin() && exchange->id < (*std::prev(place))->id)
    --place;
  captures_.insert(place, std::move(exchange));
  while (captures_.size() > limits_.ring_max
         || (bytes_ > limits_.ring_bytes_max && captures_.size() > 1))
    remove_oldest();
}

void capture_ring::remove_oldest() {
  bytes_ -= weight_of(*captures_.front());
  captures_.pop_front();
}

capture_page capture_ring::list(const capture_filter& filter, capture_id before,
                                std::uint32_t limit) const {
  capture_page page;
  auto count = std::clamp<std::size_t>(limit, 1, capture_page_max);
  auto last = before.value == 0
                ? captures_.end()
                : std::lower_bound(captures_.begin(), captures_.end(), before, is_older);
  for (auto each = std::make_reverse_iterator(last); each != captures_.rend(); ++each) {
    if (!passes(filter, **each))
      continue;
    if (page.captures.size() == count) {
      page.next = page.captures.back().id;
      break;
    }
    page.captures.push_back(summarize(**each));
  }
  return page;
}

std::shared_ptr<const capture> capture_ring::find(capture_id id) const {
  auto place = std::lower_bound(captures_.begin(), captures_.end(), id, is_older);
  return place != captures_.end() && (*place)->id == id ? *place : nullptr;
}

std::size_t capture_ring::clear() {
  auto count = captures_.size();
  captures_.clear();
  bytes_ = 0;
  return count;
}

} // namespace serverme

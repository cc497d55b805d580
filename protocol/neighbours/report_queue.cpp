#include "protocol/neighbours/report_queue.hpp"

#include <utility>

namespace serverme::neighbours {

std::size_t weight_of(const capture& exchange) {
  return sizeof(capture) + exchange.visitor_address.size() + exchange.method.size()
         + exchange.target.size() + exchange.request.head.size() + exchange.request.body.size()
         + exchange.response.head.size() + exchange.response.body.size()
         + (exchange.error ? exchange.error->detail.size() : 0);
}

void report_queue::drop_oldest() {
  bytes_ -= weight_of(*captures_.front());
  captures_.pop_front();
  ++dropped_;
}

void report_queue::add(std::shared_ptr<const capture> exchange) {
  auto weight = weight_of(*exchange);
  if (weight > limits_.message_bytes_max) {
    ++dropped_;
    return;
  }
  bytes_ += weight;
  captures_.push_back(std::move(exchange));
  while (captures_.size() > limits_.captures_max || bytes_ > limits_.bytes_max)
    drop_oldest();
}

void report_queue::add(const tunnel_usage& used) {
  auto& sum
    = used_.try_emplace(used.endpoint, tunnel_usage{.endpoint = used.endpoint}).first->second;
  sum.visits += used.visits;
  sum.bytes_in += used.bytes_in;
  sum.bytes_out += used.bytes_out;
}

edge_report report_queue::next() {
  edge_report report;
  for (std::size_t bytes = 0; !captures_.empty();) {
    auto weight = weight_of(*captures_.front());
    if (bytes + weight > limits_.message_bytes_max)
      break;
    bytes += weight;
    bytes_ -= weight;
    report.captures.push_back(to_record(*captures_.front()));
    captures_.pop_front();
  }
  while (!used_.empty() && report.used.size() < limits_.message_usages_max) {
    report.used.push_back(used_.begin()->second);
    used_.erase(used_.begin());
  }
  return report;
}

} // namespace serverme::neighbours

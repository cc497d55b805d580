#include "nodes/edge/exchange_record.hpp"

#include <algorithm>
#include <utility>

namespace serverme::edge {

namespace {

std::string head_text(bytes_view raw, const capture_limits& limits) {
  auto text = as_text(raw);
  if (text.ends_with("\r\n\r\n"))
    text.remove_suffix(4);
  return std::string{text.substr(0, limits.head_bytes_max)};
}

microseconds since(time_point began, time_point now) {
  return std::chrono::duration_cast<microseconds>(now - began);
}

} // namespace

void exchange_record::begin(const capture_limits& limits, endpoint_id endpoint, time_point now) {
  limits_ = limits;
  began_ = now;
  capture_ = std::make_unique<capture>();
  capture_->endpoint = endpoint;
  capture_->started = std::chrono::system_clock::now();
}

void exchange_record::visitor(std::string_view address, std::string_view scheme) {
  if (!capture_)
    return;
  capture_->visitor_address = address;
  capture_->scheme = scheme;
}

void exchange_record::request_head(const http1::request_head& head, bytes_view raw) {
  if (!capture_)
    return;
  capture_->method = head.method;
  capture_->target = head.target;
  capture_->request.head = head_text(raw, limits_);
}

void exchange_record::add(captured_message& to, bytes_view content) {
  to.body_bytes += content.size();
  auto room = limits_.body_bytes_max - std::min(limits_.body_bytes_max, to.body.size());
  // After a cut nothing is added, or the body would have a hole.
  if (to.body_bytes - content.size() == to.body.size())
    to.body += as_text(content.first(std::min(room, content.size())));
}

void exchange_record::request_body(bytes_view content) {
  if (capture_)
    add(capture_->request, content);
}

void exchange_record::response_head(const http1::response_head& head, bytes_view raw,
                                    time_point now) {
  if (!capture_)
    return;
  capture_->status = head.status;
  capture_->response.head = head_text(raw, limits_);
  capture_->first_byte = since(began_, now);
}

void exchange_record::response_body(bytes_view content) {
  if (capture_)
    add(capture_->response, content);
}

void exchange_record::replay_of(capture_id original) {
  if (capture_)
    capture_->replay_of = original;
}

void exchange_record::fail(const failure& why) {
  if (!capture_ || capture_->error)
    return;
  capture_->error = why;
  if (capture_->status == 0)
    capture_->status = describe(why.code).status;
}

std::unique_ptr<capture> exchange_record::end(time_point now) {
  if (capture_)
    capture_->total = since(began_, now);
  return std::move(capture_);
}

} // namespace serverme::edge

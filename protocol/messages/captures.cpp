#include "protocol/messages/captures.hpp"

#include <utility>

namespace serverme {

capture_summary summarize(const capture& exchange) {
  capture_summary line{.id = exchange.id,
                       .endpoint = exchange.endpoint,
                       .started = exchange.started,
                       .visitor_address = exchange.visitor_address,
                       .method = exchange.method,
                       .target = exchange.target,
                       .status = exchange.status,
                       .request_bytes = exchange.request.body_bytes,
                       .response_bytes = exchange.response.body_bytes,
                       .first_byte = exchange.first_byte,
                       .total = exchange.total};
  if (exchange.error) {
    line.error_code = public_code(exchange.error->code);
    line.error_detail = exchange.error->detail;
  }
  if (exchange.replay_of)
    line.replay_of = *exchange.replay_of;
  return line;
}

capture_record to_record(const capture& exchange) {
  capture_record record{.id = exchange.id,
                        .endpoint = exchange.endpoint,
                        .started = exchange.started,
                        .visitor_address = exchange.visitor_address,
                        .scheme = exchange.scheme,
                        .method = exchange.method,
                        .target = exchange.target,
                        .request = exchange.request,
                        .response = exchange.response,
                        .status = exchange.status,
                        .first_byte = exchange.first_byte,
                        .total = exchange.total,
                        .replay_of = exchange.replay_of.value_or(capture_id{})};
  if (exchange.error) {
    record.error = static_cast<std::uint16_t>(exchange.error->code);
    record.error_detail = exchange.error->detail;
  }
  return record;
}

capture to_capture(capture_record record) {
  capture exchange{.id = record.id,
                   .endpoint = record.endpoint,
                   .started = record.started,
                   .visitor_address = std::move(record.visitor_address),
                   .scheme = std::move(record.scheme),
                   .method = std::move(record.method),
                   .target = std::move(record.target),
                   .request = std::move(record.request),
                   .response = std::move(record.response),
                   .status = record.status,
                   .first_byte = record.first_byte,
                   .total = record.total};
  if (record.error != 0)
    exchange.error = fail(static_cast<errc>(record.error), std::move(record.error_detail));
  if (record.replay_of.value != 0)
    exchange.replay_of = record.replay_of;
  return exchange;
}

} // namespace serverme

#include "protocol/messages/captures.hpp"

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

} // namespace serverme

#include "nodes/control/api/capture_json.hpp"

namespace serverme::control {

json summary_json(const capture_summary& line) {
  json out{{"id", id_text(line.id)},
           {"tunnel", id_text(line.endpoint)},
           {"started", time_text(line.started)},
           {"visitor", line.visitor_address},
           {"method", line.method},
           {"path", line.target},
           {"status", nullptr},
           {"request_bytes", line.request_bytes},
           {"response_bytes", line.response_bytes},
           {"first_byte_ms", milliseconds_of(line.first_byte)},
           {"total_ms", milliseconds_of(line.total)},
           {"error", nullptr},
           {"replay_of", nullptr}};
  if (line.status != 0)
    out["status"] = line.status;
  if (!line.error_code.empty())
    out["error"] = {{"code", line.error_code}, {"message", line.error_detail}};
  if (line.replay_of.value != 0)
    out["replay_of"] = id_text(line.replay_of);
  return out;
}

json capture_json(const capture& exchange) {
  auto out = summary_json(summarize(exchange));
  out["scheme"] = exchange.scheme;
  out["request"]
    = {{"headers", fields_json(exchange.request)}, {"body", body_json(exchange.request)}};
  out["response"] = nullptr;
  if (exchange.status != 0)
    out["response"]
      = {{"headers", fields_json(exchange.response)}, {"body", body_json(exchange.response)}};
  return out;
}

} // namespace serverme::control

// Builds the capture of one exchange while it passes, cut to its limits. Costs nothing when the
// endpoint is not inspected.
#pragma once

#include "protocol/capture.hpp"
#include "protocol/http1/head.hpp"

#include <memory>
#include <string_view>

namespace serverme::edge {

class exchange_record {
public:
  void begin(const capture_limits& limits, endpoint_id endpoint, time_point now);
  bool is_on() const noexcept { return capture_ != nullptr; }

  void visitor(std::string_view address, std::string_view scheme);
  void request_head(const http1::request_head& head, bytes_view raw);
  void request_body(bytes_view content);
  void response_head(const http1::response_head& head, bytes_view raw, time_point now);
  void response_body(bytes_view content);
  void replay_of(capture_id original);
  void fail(const failure& why);

  /// What was recorded; empty when is_on() is false. Nothing is recorded after it.
  std::unique_ptr<capture> end(time_point now);

private:
  void add(captured_message& to, bytes_view content);

  std::unique_ptr<capture> capture_;
  capture_limits limits_;
  time_point began_{};
};

} // namespace serverme::edge

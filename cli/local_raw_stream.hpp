// A connection of a tcp or tls tunnel: bytes, half-close and resets, and nothing else.
#pragma once

#include "cli/local_stream.hpp"
#include "protocol/lane/messages.hpp"

namespace serverme::cli {

class local_raw_stream final : public local_stream {
public:
  using local_stream::local_stream;
  ~local_raw_stream() override;

  /// Connects. `first`: what the visitor has sent already.
  void start(const lane::open& visitor, proxy_protocol proxy, bytes_view first);

private:
  void on_connected() override;
  void hang_up() noexcept override;

  // The visitor.
  void on_data(bytes_view bytes) override;
  void on_finish() override;

  // The local service.
  void on_bytes(bytes_view bytes) override { send(bytes); }
  void on_end() override;
  void on_closed(const failure& why) override;

  byte_queue early_; // until the service is connected; bounded by the stream's first window
};

} // namespace serverme::cli

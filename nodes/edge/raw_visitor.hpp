// A visitor of a TCP tunnel, or of one whose TLS is not ours: bytes both ways, untouched.
#pragma once

#include "nodes/edge/tunnel_stream.hpp"

namespace serverme::edge {

class raw_visitor final : public tunnel_stream {
public:
  /// Finds its route when it starts, and again after waiting: by the port it came to, or by
  /// `server_name` when that is not empty.
  raw_visitor(edge_loop& home, std::unique_ptr<net::channel> visitor, std::string server_name);

  /// `early`: bytes that were read before (a ClientHello).
  void start(bytes_view early = {});

  void on_tick(time_point now) override;
  void on_endpoint_gone(endpoint_id endpoint) override;
  void on_drain() override;

private:
  void on_bytes(bytes_view bytes) override;
  void on_end() override;
  void on_sent() override;
  void on_closed(const failure& why) override;
  void look_again() override;
  void regulate() override;
  void on_both_ended() override { end(); }
  std::function<void(edge_loop&, std::unique_ptr<net::channel>)> mover() override;
  void on_data(bytes_view bytes) override;
  void on_finish() override;
  void on_reset(errc why) override;

  void connect();
  /// Counts the visit and leaves.
  void end();
  /// As end(), with a reset: what the visitor got is not all.
  void cut_short(errc why);
  void count();

  std::string server_name_;
  byte_queue early_;
  endpoint_id endpoint_;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  time_point since_;
  bool ended_early_ = false;
};

} // namespace serverme::edge

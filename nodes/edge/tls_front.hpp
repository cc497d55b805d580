// The TLS port: looks at the ClientHello and hands the connection on. An agent (ALPN serverme/1)
// is greeted, and so is another edge of the cluster (serverme-edge/1); a name whose TLS is its
// owner's passes untouched, all else is HTTPS of tunnels.
#pragma once

#include "net/channel.hpp"
#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/stranger.hpp"
#include "protocol/client_hello.hpp"

#include <memory>
#include <optional>

namespace serverme::edge {

class tls_front final : public resident, net::channel_user {
public:
  tls_front(edge_loop& home, std::unique_ptr<net::channel> visitor);
  void start();

  void on_tick(time_point now) override;
  void on_shutdown() override;

private:
  void on_bytes(bytes_view bytes) override;
  void on_end() override { on_shutdown(); }
  void on_sent() override {}
  void on_closed(const failure&) override { on_shutdown(); }
  void hand_on(const client_hello& hello);

  edge_loop& home_;
  std::unique_ptr<net::channel> channel_;
  byte_queue received_;
  time_point began_;
  std::optional<stranger> place_;
};

} // namespace serverme::edge

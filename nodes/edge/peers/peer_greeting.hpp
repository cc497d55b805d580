// Another edge that has connected and not been let in yet: its certificate, and one HELLO.
#pragma once

#include "net/channel.hpp"
#include "net/cluster/node_certificate.hpp"
#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/peers/peer_credentials.hpp"
#include "nodes/edge/stranger.hpp"
#include "protocol/lane/edge_greeting.hpp"

#include <memory>
#include <optional>

namespace serverme::edge {

class peer_greeting final : public resident, net::channel_user {
public:
  /// `peer` begins TLS as accept_node() does with these credentials.
  peer_greeting(edge_loop& home, std::unique_ptr<net::channel> peer,
                std::shared_ptr<const peer_credentials> credentials);
  void start();

  void on_tick(time_point now) override;
  void on_shutdown() override;

private:
  void on_secured() override;
  void on_bytes(bytes_view bytes) override;
  void on_end() override { refuse(); }
  void on_sent() override {}
  void on_closed(const failure&) override { refuse(); }

  void let_in(const lane::edge_hello& hello);
  void turn_away(const failure& why);
  /// Without a word, and counted.
  void refuse();
  void retire();

  edge_loop& home_;
  std::unique_ptr<net::channel> channel_;
  std::shared_ptr<const peer_credentials> credentials_;
  std::optional<net::node_certificate> who_;
  byte_queue received_;
  time_point began_;
  std::optional<stranger> place_;
};

} // namespace serverme::edge

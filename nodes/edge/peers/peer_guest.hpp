// A lane that another edge dialed: streams of visitors there come over it to agents here.
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "net/lane_link.hpp"
#include "nodes/edge/peers/peer_credentials.hpp"
#include "nodes/edge/resident.hpp"
#include "protocol/lane/edge_greeting.hpp"

#include <memory>

namespace serverme::edge {

class edge_loop;

class peer_guest final : public resident, net::lane_user {
public:
  /// `peer_window`: what the other granted for new streams.
  peer_guest(edge_loop& home, std::unique_ptr<net::channel> connection, net::node_certificate who,
             std::shared_ptr<const peer_credentials> credentials, std::uint32_t peer_window);
  ~peer_guest() override;

  /// Sends `greeting` as the first frame.
  void start(const lane::edge_welcome& greeting);

  void on_tick(time_point now) override;
  void on_drain() override;
  void on_shutdown() override;

private:
  void on_lane_ready() override {}
  lane::stream_handler* on_stream(lane::stream_id id, const lane::open& message,
                                  bytes_view first) override;
  void on_control(lane::frame_type type, bytes_view payload) override;
  void on_lane_closed(const failure& why) override;
  void say_goodbye(errc why);
  void end();

  edge_loop& home_;
  net::node_certificate who_;
  std::shared_ptr<const peer_credentials> credentials_;
  lane::window_budget budget_;
  net::lane_link link_;
  bool leaving_ = false;
  bool ended_ = false;
};

} // namespace serverme::edge

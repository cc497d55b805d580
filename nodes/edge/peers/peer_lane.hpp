// A lane to another edge that this one dialed: streams of visitors here go over it to agents there.
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "net/dialer.hpp"
#include "net/lane_link.hpp"
#include "nodes/edge/peers/peer_credentials.hpp"
#include "nodes/edge/resident.hpp"

#include <memory>
#include <optional>

namespace serverme::edge {

class edge_loop;
class peer_path;

class peer_lane final : public resident, net::lane_user {
public:
  /// To where the path leads. @pre the loop has credentials
  peer_lane(edge_loop& home, peer_path& path);
  ~peer_lane() override;

  /// Dials.
  void start();
  bool takes_streams() const noexcept;
  /// @pre takes_streams()
  lane::core& core() noexcept { return link_->core(); }
  std::size_t streams() const noexcept;
  double recent_bytes(time_point now) const noexcept;

  /// The path has no use for it any more: no new streams, and it ends with the last one. It has a
  /// short time to show that the other edge still is there.
  void let_go();

  void on_tick(time_point now) override;
  void on_shutdown() override;

private:
  enum class stage : unsigned char { dialing, greeting, up, leaving, over };

  void on_dialed(result<net::stream_socket> outcome);
  void on_lane_ready() override;
  lane::stream_handler* on_stream(lane::stream_id, const lane::open&, bytes_view) override;
  void on_control(lane::frame_type type, bytes_view payload) override;
  void on_lane_closed(const failure& why) override;
  result<done> take_control(lane::frame_type type, bytes_view payload);
  result<done> take_welcome(bytes_view payload);
  void leave();
  void end(const failure& why);

  edge_loop& home_;
  peer_path* path_; // nullptr: it has let go
  std::shared_ptr<const peer_credentials> credentials_;
  net::node_certificate there_;
  time_point greeted_by_;
  time_point up_since_{};
  lane::window_budget budget_;
  std::unique_ptr<net::dialer> dialer_;
  std::unique_ptr<net::lane_link> link_;
  stage stage_ = stage::dialing;
};

} // namespace serverme::edge

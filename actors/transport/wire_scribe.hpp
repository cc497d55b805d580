// A connection as CAF sees it, without a socket: BASP comes from a proven wire and goes to it.
//
// Owned by  the BASP broker; all of it runs on CAF's network thread.
// Owns      its wire, and the part of a message that is not complete yet (its size is bounded by
//           whoever made the wire).
#pragma once

#include "actors/transport/caf_io.hpp"
#include "protocol/cluster/peer_wire.hpp"

#include <memory>
#include <string>
#include <vector>

namespace serverme::actors {

class wire_scribe final : public caf::io::scribe {
public:
  /// Listens to the wire from the broker's first configure_read() on.
  wire_scribe(caf::actor_system& system, std::shared_ptr<peer_wire> wire);
  ~wire_scribe() override;

  void configure_read(caf::io::receive_policy::config how) override;
  void ack_writes(bool) override {}
  std::vector<char>& wr_buf() override { return writing_; }
  std::vector<char>& rd_buf() override { return reading_; }
  void flush() override;
  void graceful_shutdown() override;
  void add_to_loop() override { read_later(); }
  void remove_from_loop() override;
  std::string addr() const override { return wire_->peer_address(); }
  std::uint16_t port() const override { return 0; }

private:
  void read_later();
  void read_some();

  caf::actor_system& system_;
  std::shared_ptr<peer_wire> wire_;
  byte_queue inbox_;
  std::vector<char> reading_, writing_;
  std::size_t wanted_ = 0; // of the next part that the broker awaits
  bool started_ = false;
  bool reading_later_ = false;
  bool is_reading_ = false;
  bool open_ = true;
};

} // namespace serverme::actors

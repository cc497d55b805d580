// What may pass from another node to CAF, which itself trusts whatever BASP says.
//
// CAF 0.17 allocates what a header announces (4 GiB), believes every node id, and forwards messages
// for third nodes. Here: messages have a bound, ids are those of the certificate, and nothing is
// forwarded, because a monitor on an actor behind a relay never fires.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/cluster/node_identity.hpp"

#include <cstdint>

namespace serverme {

/// BASP 3, as CAF 0.17 speaks it.
inline constexpr std::size_t basp_header_bytes = 32;

struct basp_limits {
  /// Of one message, without its header. What is larger goes in parts, or by a lane.
  std::size_t message_bytes_max = std::size_t{16} * 1024 * 1024;
  /// Of a handshake: it lists the interface of one actor.
  std::size_t handshake_bytes_max = std::size_t{64} * 1024;
};

/// Who speaks first: the one that was dialed.
enum class basp_side : std::uint8_t { dialed, dialing };

/// Reads one direction of one connection. Holds less than 100 bytes. After a failure: drop it.
class basp_gate {
public:
  /// `peer` sends what is fed, and was `side` of the connection; `self` is who it is for.
  basp_gate(basp_side side, const basp_node& peer, const basp_node& self, basp_limits limits = {});

  /// Appends to `out` what CAF may see of `bytes`, as it came.
  /// @errors protocol_violation, frame_too_large
  result<done> feed(bytes_view bytes, byte_queue& out);

  /// The peer's handshake has passed.
  bool is_open() const noexcept { return open_; }
  /// Messages that were for another node, or about a third: left out.
  std::uint64_t left_out() const noexcept { return left_out_; }

private:
  enum class way : std::uint8_t { pass, leave_out };

  result<done> judge_header();
  result<way> judge_nodes();
  std::size_t wanted() const noexcept { return basp_header_bytes + node_bytes_; }

  basp_side side_;
  basp_node peer_, self_;
  basp_limits limits_;
  byte_queue head_;            // a header, and the node ids behind it, until they are judged
  std::size_t node_bytes_ = 0; // how much of the payload is needed to judge
  std::uint64_t rest_ = 0;     // of the payload of the message that goes `way_`
  way way_ = way::pass;
  bool header_judged_ = false;
  bool open_ = false;
  std::uint64_t left_out_ = 0;
};

} // namespace serverme

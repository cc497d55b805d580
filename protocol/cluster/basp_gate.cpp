#include "protocol/cluster/basp_gate.hpp"

#include "protocol/big_endian.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace serverme {

namespace {

enum class operation : std::uint8_t {
  server_handshake = 0,
  client_handshake = 1,
  direct_message = 2,
  routed_message = 3,
  monitor_message = 4,
  down_message = 5,
  heartbeat = 6,
};

constexpr std::size_t payload_size_at = 4;

// A node: the atom "default" (8 bytes), the process number (4), the host (20).
constexpr std::uint64_t default_atom = 0x00003e9aab9bac79;
constexpr std::size_t run_at = 8, host_at = 12, node_size = 32;

bool is_node(bytes_view bytes, const basp_node& who) {
  return read_big_endian<std::uint64_t>(bytes) == default_atom
         && read_big_endian<run_number>(bytes.subspan(run_at)) == who.run
         && std::ranges::equal(bytes.subspan(host_at, basp_node::host_bytes), who.host);
}

operation operation_of(bytes_view head) { return static_cast<operation>(head[0]); }

std::size_t payload_size(bytes_view head) {
  return read_big_endian<std::uint32_t>(head.subspan(payload_size_at));
}

bool is_handshake(operation what) {
  return what == operation::server_handshake || what == operation::client_handshake;
}

/// How many bytes of the payload say which nodes it is from and for.
std::size_t node_bytes_of(operation what) {
  switch (what) {
    case operation::server_handshake:
    case operation::client_handshake: return node_size;
    case operation::monitor_message:
    case operation::down_message: return 2 * node_size;
    default: return 0;
  }
}

} // namespace

basp_gate::basp_gate(basp_side side, const basp_node& peer, const basp_node& self,
                     basp_limits limits)
  : side_{side}, peer_{peer}, self_{self}, limits_{limits} {}

result<done> basp_gate::feed(bytes_view bytes, byte_queue& out) {
  while (!bytes.empty()) {
    if (rest_ > 0) {
      auto size = std::min<std::uint64_t>(rest_, bytes.size());
      if (way_ == way::pass)
        out.append(bytes.first(size));
      bytes = bytes.subspan(size);
      rest_ -= size;
      continue;
    }
    auto size = std::min(wanted() - head_.size(), bytes.size());
    head_.append(bytes.first(size));
    bytes = bytes.subspan(size);
    if (head_.size() < wanted())
      break;
    if (!std::exchange(header_judged_, true)) {
      if (auto fine = judge_header(); !fine)
        return fine;
      if (head_.size() < wanted())
        continue;
    }
    auto verdict = judge_nodes();
    if (!verdict)
      return fail(verdict.error());
    way_ = *verdict;
    if (way_ == way::pass)
      out.append(head_.view());
    else
      ++left_out_;
    rest_ = payload_size(head_.view()) - node_bytes_;
    head_.clear();
    node_bytes_ = 0;
    header_judged_ = false;
  }
  return done{};
}

result<done> basp_gate::judge_header() {
  auto what = operation_of(head_.view());
  auto size = payload_size(head_.view());
  if (what > operation::heartbeat)
    return fail(errc::protocol_violation, "BASP: an operation that is none");
  auto first
    = side_ == basp_side::dialed ? operation::server_handshake : operation::client_handshake;
  // CAF says its handshake twice: when it dials, and again in answer to the other's.
  if (what != first && (!open_ || is_handshake(what)))
    return fail(errc::protocol_violation, "BASP: a handshake where none may be, or none where it "
                                          "must");
  if (size > (is_handshake(what) ? limits_.handshake_bytes_max : limits_.message_bytes_max))
    return fail(errc::frame_too_large, "BASP: a message of " + std::to_string(size) + " bytes");
  if (what == operation::heartbeat && size > 0)
    return fail(errc::protocol_violation, "BASP: a heartbeat with a payload");
  node_bytes_ = node_bytes_of(what);
  if (size < node_bytes_)
    return fail(errc::protocol_violation, "BASP: too short to name its nodes");
  return done{};
}

result<basp_gate::way> basp_gate::judge_nodes() {
  auto what = operation_of(head_.view());
  auto nodes = head_.view().subspan(basp_header_bytes);
  if (is_handshake(what)) {
    if (!is_node(nodes, peer_))
      return fail(errc::protocol_violation, "BASP: a node id that is not the certificate's");
    open_ = true;
    return way::pass;
  }
  if (what == operation::routed_message)
    return way::leave_out;
  if (node_bytes_ > 0 && !(is_node(nodes, peer_) && is_node(nodes.subspan(node_size), self_)))
    return way::leave_out;
  return way::pass;
}

} // namespace serverme

// A connection to a proven node, as the two sides of it see it: bytes on an event loop, BASP in
// CAF.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/cluster/node_identity.hpp"

#include <functional>
#include <memory>
#include <string>

namespace serverme {

/// BASP of one peer, both ways. Every member may be called from any thread.
class peer_wire {
public:
  virtual ~peer_wire() = default;

  virtual const node_identity& peer() const noexcept = 0;
  virtual run_number peer_run() const noexcept = 0;
  /// Numeric address and port, for people.
  virtual std::string peer_address() const = 0;

  /// `news` is called, on a thread of the wire's, when there is something to take() or the end has
  /// come; once, until the next take(). At once when it is so already. After close(): never.
  virtual void start(std::function<void()> news) = 0;
  /// Appends what came. @returns false when nothing more will come
  virtual bool take(byte_queue& into) = 0;
  /// Takes all of it. A peer that does not read is dropped when too much waits for it.
  virtual void send(bytes_view bytes) = 0;
  /// What was sent still leaves, for a moment. No news from now on.
  virtual void close() = 0;
};

/// A node that was dialed.
struct dialed_peer {
  node_identity who;
  /// nullptr: there is a connection with it already, be it that it dialed first.
  std::shared_ptr<peer_wire> wire;
};

/// `host` is a DNS name or an address. Returns at once; `done` is called once, on any thread.
using peer_dialer = std::function<void(const std::string& host, std::uint16_t port,
                                       std::function<void(result<dialed_peer>)> done)>;

} // namespace serverme

// Two nodes' networks on loopback, and strangers that do not behave.
#pragma once

#include "net/cluster/peer_network.hpp"
#include "tests/unit/support/test_cluster.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace serverme::tests {

/// A connected TCP socket that says what the test says.
class raw_stranger {
public:
  explicit raw_stranger(std::uint16_t port);
  ~raw_stranger();
  raw_stranger(raw_stranger&& other) noexcept;
  raw_stranger& operator=(raw_stranger&&) = delete;

  /// @returns false when the other side does not listen any more
  bool send(std::string_view bytes);
  /// What has come so far.
  std::string receive();
  bool is_cut();

private:
  int socket_ = -1;
};

/// A port of this machine that swallows what wants to connect: its queue is full.
class black_hole {
public:
  black_hole();
  ~black_hole();
  black_hole(const black_hole&) = delete;
  black_hole& operator=(const black_hole&) = delete;
  std::uint16_t port() const noexcept { return port_; }

private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::optional<raw_stranger> queued_;
};

/// A node that only remembers.
class test_peer {
public:
  explicit test_peer(net::peer_network_options options, std::optional<net::address> listen = {});

  net::peer_network& network() { return *network_; }
  std::uint16_t port() const { return network_->where().port; }
  void stop() { network_.reset(); }

  /// Waits for the outcome.
  result<dialed_peer> dial(std::uint16_t port);
  /// The wire of the last node that dialed this one; nullptr when there is none yet.
  std::shared_ptr<peer_wire> last_wire();
  std::size_t wires();
  bool await_refused(net::peer_refusal why, std::uint64_t times = 1);
  bool await_lost(net::peer_loss why, std::uint64_t times = 1);

  std::atomic<bool> allows{true};

private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<peer_wire>> wires_;
  std::unique_ptr<net::peer_network> network_;
};

/// Bytes of BASP: a handshake of `from` as who dialed or was dialed, and a message.
std::string basp_handshake(basp_side side, const node_identity& from, run_number run);
std::string basp_message(std::size_t payload);

} // namespace serverme::tests

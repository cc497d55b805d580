// Where nodes join, renew their certificates and leave: TLS on a port of its own, a loop and a
// thread for the connections, another thread for the database. One per control node.
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "net/listener.hpp"
#include "nodes/control/cluster/join_desk.hpp"
#include "protocol/cluster/source_rate.hpp"

#include <cstdint>
#include <memory>

namespace serverme::control {

struct join_listener_settings {
  net::address listen;
  std::size_t connections_max = 128;
  /// Of one address (IPv6: of a /64).
  std::size_t connections_per_source = 16;
  /// New connections of one.
  source_rate_limits rate;
  /// From the connection to the whole request; as long again for the answer.
  milliseconds request_time{10'000};
  /// Requests that wait for the database; more are told to come back.
  std::size_t waiting_max = 64;
};

struct join_listener_counts {
  std::uint64_t accepted = 0;
  /// Turned away before a handshake: too often or too many from one address, or too many in all.
  std::uint64_t refused_rate = 0, refused_source = 0, refused_full = 0;
  /// Did not say in time what they want.
  std::uint64_t late = 0;
  /// No TLS 1.3, no node's certificate, no HTTP.
  std::uint64_t broken = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused_busy = 0;
  std::uint64_t joined = 0, renewed = 0, left = 0, refused = 0;
};

class join_listener {
public:
  join_listener(join_listener_settings settings, database_settings database, authority ca);
  /// Calls stop().
  ~join_listener();

  /// `own`: the certificate of this control node. @errors certificate_unreadable, listen_failed
  result<done> start(const net::node_credentials& own);
  /// After a renewal; from any thread. @errors certificate_unreadable
  result<done> use(const net::node_credentials& own);
  /// Closes every connection and ends the threads. Blocks, for a question to the database at most.
  /// Idempotent.
  void stop();

  net::address address() const;
  join_listener_counts counts() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serverme::control

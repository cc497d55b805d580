// What an edge needs to know, with its defaults.
#pragma once

#include "net/channel.hpp"
#include "protocol/capture.hpp"
#include "protocol/http1/head.hpp"
#include "protocol/lane/core.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace serverme::edge {

struct edge_limits {
  http1::head_limits head;
  /// From the first byte of a request (or the start of the connection) to the end of its head.
  milliseconds head_timeout{30'000};
  /// A kept-alive connection without a request. Longer than the 60 s after which common load
  /// balancers drop an idle connection: they must hang up first.
  milliseconds idle_timeout{75'000};
  /// No byte moved although one side waits for the other to take or send some. A silent local
  /// service is not this: answers may take as long as they like.
  milliseconds stalled_timeout{300'000};
  /// TLS handshake and greeting of an agent; ClientHello of a visitor.
  milliseconds greeting_timeout{10'000};
  /// Connections whose peers have not shown yet who they are, on each loop.
  std::size_t strangers_max = 4096;
  /// Open visitor connections, on each loop.
  std::size_t visitors_max = 65536;
  /// Requests wait this long for an agent that went away.
  milliseconds away_patience{5'000};
  /// And this many, on each loop.
  std::size_t waiting_max = 1024;
  std::size_t streams_per_lane = 1024;
  std::uint16_t lanes_per_session = 4;
  /// Of one lane to another edge, which carries the streams of many sessions; and how many such
  /// lanes others may have here.
  std::size_t streams_between_edges = 16384;
  std::size_t lanes_from_edges = 4096;
  /// Windows granted to agents: one lane, one account, all of a loop.
  std::size_t lane_window_bytes = 64UL * 1024 * 1024;
  std::size_t account_window_bytes = 256UL * 1024 * 1024;
  std::size_t loop_window_bytes = 1024UL * 1024 * 1024;
  /// How often time-outs are looked at: none is more exact than this.
  milliseconds tick{1'000};
  /// When stopping: streams may end this long.
  milliseconds drain_time{5'000};
  capture_limits capture;
};

class peer_credentials;

struct edge_config {
  net::address http{"127.0.0.1", 8080};
  net::address tls{"127.0.0.1", 8443};
  /// Where TCP tunnels listen.
  std::string tcp_host = "127.0.0.1";
  /// Name of this node, shown to agents.
  std::string node_name = "dev";
  /// 0: one up to two cores, else one a core (measured: fewer, fuller turns are cheaper).
  unsigned loops = 0;
  /// For lanes to the other edges of the cluster; nullptr: this edge stands alone.
  std::shared_ptr<const peer_credentials> peers;
  edge_limits limits;
};

} // namespace serverme::edge

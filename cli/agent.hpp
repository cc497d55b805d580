// The agent: a session with an edge that survives whatever the network does, and its visitors.
//
// Everything happens on one event loop. What people see of it is up to the observer.
#pragma once

#include "cli/local_target.hpp"
#include "net/event_loop.hpp"
#include "net/listener.hpp"
#include "protocol/backoff.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/proxy_header.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serverme::cli {

/// One tunnel, as the user asked for it.
struct tunnel_plan {
  /// Its name in the configuration file; empty for one of the command line.
  std::string title;
  endpoint_request endpoint;
  local_target local;
  proxy_protocol proxy = proxy_protocol::none;
};

struct agent_config {
  /// The edge's TLS address; the host may be a DNS name and must be in the certificate.
  net::address server;
  /// PEM file; empty: the system's CAs.
  std::string ca_file;
  std::string api_key;
  std::vector<tunnel_plan> tunnels;
  backoff_limits backoff;
};

/// One exchange of an HTTP tunnel, when its answer is complete.
struct request_line {
  std::size_t tunnel = 0;
  std::string method;
  std::string path;
  int status = 0;
  microseconds total{0};
  /// Set when the local service could not be reached or broke the rules.
  std::optional<failure> error;
};

/// Told on the loop. `tunnel` is an index into agent_config::tunnels.
class agent_observer {
public:
  virtual ~agent_observer() = default;

  virtual void on_connecting() {}
  /// A session is up, or has moved to another edge of the cluster, `node`. `resumed`: it is the one
  /// from before.
  virtual void on_connected(const std::string& node, bool resumed) = 0;
  virtual void on_tunnel_ready(std::size_t tunnel, const std::vector<std::string>& urls) = 0;
  /// The edge cannot serve this one now (its name may be that of an agent that just died): it is
  /// asked for again for some seconds; ready or refused follows.
  virtual void on_tunnel_waiting(std::size_t tunnel, const failure& why) {
    (void)tunnel;
    (void)why;
  }
  /// The edge refuses this one, or ended it; the others go on. Permanent: it will not be asked for
  /// again.
  virtual void on_tunnel_refused(std::size_t tunnel, const failure& why) = 0;
  /// The last lane was lost, or a connection could not be made.
  virtual void on_disconnected(const failure& why) = 0;
  virtual void on_reconnecting(milliseconds pause) = 0;
  virtual void on_round_trip(microseconds) {}
  /// In a cluster: the node where there is a second lane, for the day when the first one is lost.
  /// Empty: there is none now.
  virtual void on_companion_changed(const std::string& node) { (void)node; }
  virtual void on_request(const request_line&) {}
  /// tcp and tls: a visitor came, or left.
  virtual void on_visitors_changed(std::size_t open_connections) { (void)open_connections; }
  /// The agent is over: a permanent error, every tunnel refused or closed, or nothing (stop()).
  virtual void on_stopped(const std::optional<failure>& why) = 0;
};

struct agent_counters {
  std::uint64_t requests = 0;
  std::uint64_t connections = 0;
  // As they pass here: the edge has rewritten the heads of requests, and will those of answers.
  std::uint64_t bytes_in = 0;  // from visitors
  std::uint64_t bytes_out = 0; // to visitors
};

class agent {
public:
  /// `observer` and `loop` outlive the agent.
  agent(net::event_loop& loop, agent_config config, agent_observer& observer);
  ~agent();
  agent(const agent&) = delete;
  agent& operator=(const agent&) = delete;

  void start();
  /// Says goodbye to the edge, lets what is queued leave for a short time; on_stopped follows.
  void stop();
  agent_counters counters() const noexcept;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace serverme::cli

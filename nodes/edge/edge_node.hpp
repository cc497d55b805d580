// The edge: loops, listeners, and the door through which actors reach them.
#pragma once

#include "actors/ports/edge_doors.hpp"
#include "nodes/edge/certificate_source.hpp"
#include "nodes/edge/decisions.hpp"
#include "nodes/edge/edge_config.hpp"
#include "nodes/edge/edge_counters.hpp"

#include <memory>

namespace serverme::edge {

class edge_node final : public actors::edge_doors {
public:
  /// `certificates` outlives the node. Starts no thread and opens no port yet.
  edge_node(edge_config config, certificate_source& certificates);
  ~edge_node() override;

  /// Opens the listeners, so that the addresses are known. Who connects waits for start().
  /// @errors listen_failed
  result<done> open();
  /// Starts the loops; opens the listeners first if that was not done. `deciders` outlives stop().
  /// @errors listen_failed
  result<done> start(decisions& deciders);
  /// No new connections; agents are told to come back later; streams may end for
  /// limits.drain_time; then everything is closed and the loops end. Blocks; idempotent.
  void stop();

  /// Where it really listens (port 0 was asked for).
  net::address http_address() const;
  net::address tls_address() const;
  /// What was refused so far. From any thread.
  const edge_counters& counters() const noexcept;

  /// From any thread: the certificate was renewed. Lanes that are up stay.
  void set_credentials(std::shared_ptr<const peer_credentials> fresh);

  void set_neighbours(std::vector<actors::neighbour_edge> all) override;
  void publish_routes(std::shared_ptr<const route_map> routes) override;
  void open_port(std::uint16_t port, std::function<void(result<done>)> reply) override;
  void close_port(std::uint16_t port) override;
  void close_session(session_id session, const lane::goaway& why) override;
  void drop_endpoint(session_id session, const lane::unbind& what) override;
  void replay(const route& where, const capture& original,
              std::function<void(result<std::shared_ptr<const capture>>)> reply) override;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serverme::edge

// Who is connected, who is about to prove himself, and which of two connections stays.
#pragma once

#include "net/cluster/peer_connection.hpp"

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace serverme::net {

/// Of the loop alone, apart from counts().
class peer_book final : public peer_judge {
public:
  using dial_done = std::function<void(result<dialed_peer>)>;
  using connection_ptr = std::shared_ptr<peer_connection>;

  peer_book(event_loop& loop, const node_identity& self, process_start began,
            const peer_limits& limits, const peer_hooks& hooks);

  void accept(stream_socket socket, const ssl_context& context);
  void dial(stream_socket socket, const ssl_context& context, dial_done done);
  void on_tick(time_point now, wall_time date);
  void drop(const node_id& node);
  void recheck();
  /// Nobody is connected then. Also when the loop does not run any more.
  void close();

  /// From any thread. Without dials.
  peer_counts counts() const;

private:
  struct stranger {
    connection_ptr connection;
    dial_done done; // when we dialed
  };

  /// Came under the identity of a peer, as a younger process.
  struct doubt {
    connection_ptr who;
    time_point came;
  };

  std::optional<peer_refusal> on_secured(peer_connection& who) override;
  std::optional<link_greeting::verdict> on_greeting(peer_connection& who) override;
  void on_proven(peer_connection& who) override;
  void on_refused(peer_connection& who, peer_refusal why, const failure& what) override;
  void on_lost(peer_connection& who, peer_loss why, const failure& what) override;

  void add(connection_ptr connection, tls_session tls, dial_done done);
  std::optional<link_greeting::verdict> judge(const peer_connection& who, time_point came);
  std::optional<link_greeting::verdict> judge_namesake(const peer_connection& who, time_point came);
  void settle_doubts();
  void make_room();
  stranger take(peer_connection& who);
  connection_ptr own_dial_to(const node_id& node) const;
  template <class Change>
  void count(Change change);

  event_loop& loop_;
  const peer_limits& limits_;
  const peer_hooks& hooks_;
  peer_setup setup_;
  std::list<stranger> strangers_; // the oldest first
  std::list<doubt> doubts_;       // of strangers
  std::map<node_id, connection_ptr> peers_;
  mutable std::mutex mutex_; // for what follows
  peer_counts counts_;
  std::map<node_id, connection_ptr> counted_; // as peers_
};

} // namespace serverme::net

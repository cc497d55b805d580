// An edge with its exchange and its route table on a real node, whose sessions the test plays.
#pragma once

#include "actors/cluster/edge_exchange.hpp"
#include "actors/front_door.hpp"
#include "tests/unit/actors/stand_ins.hpp"
#include "tests/unit/cluster/member_node.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

namespace serverme::tests {

/// Keeps the newest map, and who the neighbours are.
class map_edge final : public actors::edge_doors {
public:
  void publish_routes(std::shared_ptr<const route_map> map) override;
  void set_neighbours(std::vector<actors::neighbour_edge> all) override;
  void open_port(std::uint16_t, std::function<void(result<done>)> reply) override { reply(done{}); }
  void close_port(std::uint16_t) override {}
  void close_session(session_id, const lane::goaway&) override {}
  void drop_endpoint(session_id, const lane::unbind&) override {}
  void replay(const route&, const capture&,
              std::function<void(result<actors::shared_capture>)>) override {}

  std::shared_ptr<const route_map> map() const;
  std::vector<actors::neighbour_edge> neighbours() const;
  int publications() const { return publications_; }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const route_map> map_ = std::make_shared<const route_map>();
  std::vector<actors::neighbour_edge> neighbours_;
  std::atomic<int> publications_{0};
};

/// What the reception was told.
struct kept_sessions {
  mutable std::mutex mutex;
  std::vector<actors::companion_changed> companions;
  std::vector<session_moved> moved;
  /// Sessions that it has; others are refused.
  std::vector<session_id> here;

  std::optional<std::uint32_t> lanes(session_id session, node_id edge) const;
  std::size_t moves() const;
};

struct exchange_stand_options {
  std::vector<std::uint16_t> seeds;
  run_number run = 1;
  std::uint16_t port = 0;
  /// That its reception has.
  std::vector<session_id> sessions;
  /// What is kept of a lost edge.
  milliseconds kept_for{30'000};
};

class exchange_stand {
public:
  exchange_stand(const test_cluster& cluster, std::uint64_t number,
                 exchange_stand_options options = {});
  ~exchange_stand();

  node_id id() const { return {0xabc, number_}; }
  std::uint16_t port() { return member.port(); }

  /// Its session has the number of its endpoint. @returns whether it is served here
  bool serve(std::uint64_t endpoint, const std::string& host, std::uint64_t generation = 1);
  void withdraw(std::uint64_t endpoint);
  void tell(session_record record);
  void forget(std::uint64_t session);
  result<actors::remote_session> find(std::uint64_t session);
  template <class Reply, class Request>
  result<Reply> ask(Request question) {
    return actors::ask_and_wait<Reply>(system(), exchange(), seconds{10}, std::move(question));
  }
  template <class News>
  void say(News news) {
    caf::anon_send(exchange(), std::move(news));
  }

  /// nullptr: nobody serves it here.
  std::shared_ptr<const route> look_up(const std::string& host) const;
  bool serves(const std::string& host) const { return look_up(host) != nullptr; }

  /// Each ends without a word and is started again.
  void restart_exchange();
  void restart_table();
  /// Of what it says about itself.
  void set_lanes(const std::string& address, bool is_draining = false);

  actors::edge_exchange_actor exchange() { return door_.as<actors::edge_exchange_actor>(); }
  caf::actor_system& system() { return member.node().system; }

  member_node member;
  std::shared_ptr<map_edge> edge = std::make_shared<map_edge>();
  std::shared_ptr<actors::capture_intake> captures = std::make_shared<actors::capture_intake>();
  std::shared_ptr<actors::exchange_counters> counters
    = std::make_shared<actors::exchange_counters>();
  std::shared_ptr<kept_sessions> sessions = std::make_shared<kept_sessions>();
  actors::tunnel_desk_actor desk;

private:
  void start_table();
  void start_exchange();

  std::uint64_t number_;
  milliseconds kept_for_;
  actors::front_door door_, table_door_;
  caf::actor keeper_, exchange_, table_;
  std::optional<caf::scoped_actor> owner_;
};

} // namespace serverme::tests

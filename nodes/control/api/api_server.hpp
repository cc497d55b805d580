// The HTTP API: one loop on a thread of its own, for people and programs. docs/api.md says what it
// answers.
#pragma once

#include "actors/cluster/cluster_member.hpp"
#include "actors/cluster/cluster_overview.hpp"
#include "actors/ports/store.hpp"
#include "actors/supervisor.hpp"
#include "actors/tunnel_desk.hpp"
#include "net/listener.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serverme::control {

/// How often something happened, often that a bound was reached.
struct named_count {
  std::string name;
  std::uint64_t count = 0;
  /// For people, one line.
  std::string_view help{};
};

/// Whether a part of the node can do its work.
struct part_health {
  std::string name;
  bool is_ready = true;
};

/// How a node is, as far as its parts answered in time.
struct node_health {
  std::vector<part_health> parts;
  std::vector<actor_view> actors;
  /// Nothing: it stands alone, or its membership does not answer.
  std::optional<member_list> members;
};

/// Everything the API can ask. Doors, so that they stay good while an actor is started again. Who
/// tells of health only needs no desk.
struct api_actors {
  actors::desk_actor desk{};
  actors::store_actor store;
  std::vector<actors::supervisor_actor> supervisors;
  /// Of this node. None: it stands alone.
  actors::own_member_actor members{};
  /// Of the cluster; of this node when it stands alone. None: nothing is known.
  actors::cluster_overview_actor overview{};
  /// Of the node's other parts; returns at once.
  std::function<std::vector<named_count>()> counters = [] { return std::vector<named_count>{}; };
  /// Parts that are not actors; returns at once.
  std::function<std::vector<part_health>()> parts = [] { return std::vector<part_health>{}; };
  /// The node in the text format of Prometheus.
  std::function<std::string(const node_health&)> metrics
    = [](const node_health&) { return std::string{}; };
};

/// Which resources a listener has: all but /metrics, or those for whatever watches the node, which
/// need no key.
enum class api_offer : std::uint8_t { calls, health };

struct api_settings {
  net::address listen{"127.0.0.1", 8081};
  api_offer offer = api_offer::calls;
  /// Without one of these parts /readyz says 503; without another one "degraded".
  std::vector<std::string> needed{"database", "actors"};
  /// SHA-256 of a key that makes an admin, whatever the database says or whether it is there;
  /// empty: there is none.
  std::string operator_key_hash;
  std::size_t connections_max = 256;
  std::size_t head_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = 64 * 1024;
  /// Calls that keep their connection for long, of an account and of all: together fewer than
  /// connections_max, so that there is always one for a call that is answered at once.
  std::size_t live_per_account = 32;
  std::size_t live_max = 128;
  std::size_t replays_per_account = 16;
  std::size_t replays_max = 64;
  /// For a request to arrive, and for a connection to be idle.
  milliseconds request_time{15'000};
  /// For an answer to be taken.
  milliseconds answer_time{30'000};
  /// For an actor to answer.
  milliseconds ask_time{5'000};
  /// The same when it is asked how it is: who watches a node has little patience.
  milliseconds probe_time{2'000};
  /// A replay waits for the local service; longer than the edge does, whose answer says why.
  milliseconds replay_time{70'000};
  /// How long a key that was good is believed to be so, and how often open streams are looked at.
  milliseconds key_trust{2'000};
  /// Captures that wait for a reader of a live stream; older ones are lost, and counted.
  std::size_t live_waiting_max = 100;
  /// The same of the cluster's: a reader gets all nodes at once, at first.
  std::size_t cluster_waiting_max = 1'000;
  /// A live stream that is silent is pinged; a reader that does not answer is gone.
  milliseconds live_silence{30'000};
};

class api_server {
public:
  /// Starts nothing yet. `system` outlives it.
  api_server(caf::actor_system& system, api_settings settings, api_actors whom);
  /// Calls stop().
  ~api_server();

  /// @errors listen_failed
  result<done> start();
  /// Closes every connection and ends the thread. Blocks; idempotent.
  void stop();
  /// Where it really listens.
  net::address address() const;
  /// What it refused. From any thread.
  std::vector<named_count> counters() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serverme::control

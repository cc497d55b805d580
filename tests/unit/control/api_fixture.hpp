// The API with a desk, a store and a supervisor that tests decide for, and a client.
#pragma once

#include "nodes/control/api/api_server.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace serverme::tests {

/// What the actors behind the API say and were asked; touched by their threads and the test's.
struct api_world {
  std::mutex mutex;
  /// By the key's text: "ada" has account 1, "root" is an admin (2), "bob" has account 3.
  std::set<std::string> revoked;
  bool has_database = true;
  bool has_actors = true;
  /// That are not actors.
  std::vector<control::part_health> parts;
  std::vector<tunnel_view> tunnels;
  /// Edges that did not answer.
  std::vector<node_id> incomplete;
  std::vector<actors::shared_capture> captures;
  std::vector<list_captures> listed;
  std::vector<endpoint_id> closed;
  std::weak_ptr<actors::capture_feed> feed;
  int authentications = 0;
  /// What the overview of the cluster answers; nothing: an error.
  std::optional<actors::cluster_view> cluster;
  actors::cluster_actors cluster_actors;
  actors::cluster_events cluster_events;
  std::vector<actors::view_events> events_asked;
  std::weak_ptr<actors::cluster_feed> cluster_feed;
  /// Replays of request 98, which wait until requests are cleared.
  std::vector<caf::typed_response_promise<actors::capture_found>> slow_replays;
};

struct api_reply {
  int status = 0;
  std::map<std::string, std::string> fields; // lower case names
  std::string text;
  nlohmann::json body;
};

class api_fixture {
public:
  explicit api_fixture(control::api_settings settings = {});
  ~api_fixture();

  /// One request on a connection of its own. `key`: empty: none.
  api_reply ask(const std::string& method, const std::string& target,
                const std::string& key = "ada") const;
  /// Sends the bytes and reads until the API closes.
  std::string exchange(const std::string& bytes) const;

  net::address address() const { return server->address(); }

  std::shared_ptr<api_world> world = std::make_shared<api_world>();
  caf::actor_system_config config;
  caf::actor_system system{config};
  control::api_actors whom;
  std::unique_ptr<control::api_server> server;
};

/// A reader of a live stream.
class live_reader {
public:
  live_reader(const net::address& where, const std::string& target, const std::string& key);
  ~live_reader();
  live_reader(const live_reader&) = delete;
  live_reader& operator=(const live_reader&) = delete;

  /// The status that refused it; 101: it is open.
  int status() const;
  nlohmann::json read();
  /// Reads until the API closes. @returns the code it gave
  int read_close_code();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serverme::tests

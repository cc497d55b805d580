// Stand-ins for what actors live among: a store, an edge, the world.
#pragma once

#include "actors/ports/edge_doors.hpp"
#include "actors/ports/store.hpp"
#include "actors/ports/world.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace serverme::tests {

/// Counts where the world is random; a digest one can read.
actors::world plain_world();
std::string digest_of(std::string_view text);

/// What a store knows, and how it behaves today.
struct store_facts {
  enum class mood { answers, is_away, is_silent };

  mood now = mood::answers;
  std::map<std::string, key_owner> keys; // by digest
  std::map<claim_key, account_id> owners;
  /// What an account may hold, and how often a claim was asked for.
  std::size_t claims_max = 1'000;
  int claims_asked = 0;
  /// How many keys each authenticate_keys had.
  std::vector<std::size_t> keys_asked;
  std::vector<claim> extended;
  /// How many claims each extend_claims had.
  std::vector<std::size_t> extensions;
  /// Claims, or questions about keys, wait, while set, until the store is told to extend none: only
  /// an actor may answer.
  bool holds_claims_back = false;
  bool holds_keys_back = false;
  std::vector<std::pair<claim, caf::typed_response_promise<claimed>>> waiting;
  std::vector<std::pair<authenticate_keys, caf::typed_response_promise<key_owners>>> waiting_keys;

  void add_key(const std::string& key, std::int64_t id, std::int64_t account,
               account_role role = account_role::member);
  result<claimed> decide(const claim& ask);
  key_owners owners_of(const authenticate_keys& ask) const;
};

actors::store_actor spawn_store(caf::actor_system& system, std::shared_ptr<store_facts> facts);

/// Writes down what it is asked, and does it at once. To be read when no actor runs.
class recording_edge final : public actors::edge_doors {
public:
  using replay_reply = std::function<void(result<std::shared_ptr<const capture>>)>;

  void publish_routes(std::shared_ptr<const route_map> map) override;
  void open_port(std::uint16_t port, std::function<void(result<done>)> reply) override;
  void close_port(std::uint16_t port) override;
  void close_session(session_id session, const lane::goaway& why) override;
  void drop_endpoint(session_id session, const lane::unbind& what) override;
  void replay(const route& where, const capture& original, replay_reply reply) override;

  const route* find(std::string_view host) const { return routes->find_host(host); }

  std::shared_ptr<const route_map> routes = std::make_shared<const route_map>();
  int publications = 0;
  std::set<std::uint16_t> open_ports;
  std::set<std::uint16_t> ports_of_others;
  std::vector<std::pair<session_id, errc>> closed;
  std::vector<lane::unbind> dropped;
  std::vector<std::pair<route, replay_reply>> replays;

private:
  std::mutex mutex_;
};

std::unique_ptr<capture> exchange(endpoint_id endpoint, std::string method, std::string target,
                                  int status);

} // namespace serverme::tests

// Everyone who is connected to the API, with a bound.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace serverme::control {

class api_peer {
public:
  virtual ~api_peer() = default;
  /// At once, without a word.
  virtual void close() = 0;
  /// Since when we wait for him: for a request, or for an answer to be taken. nullopt: we do not.
  virtual std::optional<time_point> waiting_since() const { return std::nullopt; }
  /// Set for one who stays: the key that was good when he came.
  virtual std::optional<key_id> trusted_key() const { return std::nullopt; }
  /// His key is not good any more.
  virtual void on_key_revoked() {}
};

/// Owns them: what waits for an actor holds a peer weakly, so that none dies on another thread.
class api_peers {
public:
  explicit api_peers(std::size_t peers_max) : peers_max_{peers_max} {}

  bool is_full() const noexcept { return peers_.size() >= peers_max_; }
  void admit(const std::shared_ptr<api_peer>& who) { peers_.emplace(who.get(), who); }
  void retire(api_peer& who) { peers_.erase(&who); }
  /// nullptr: we wait for nobody.
  std::shared_ptr<api_peer> longest_waiting() const {
    std::shared_ptr<api_peer> longest;
    for (const auto& [where, who] : peers_) {
      auto since = who->waiting_since();
      if (since && (!longest || *since < *longest->waiting_since()))
        longest = who;
    }
    return longest;
  }
  /// They may leave while this is looked at.
  std::vector<std::shared_ptr<api_peer>> all() const {
    std::vector<std::shared_ptr<api_peer>> everyone;
    for (const auto& [where, who] : peers_)
      everyone.push_back(who);
    return everyone;
  }

private:
  const std::size_t peers_max_;
  std::unordered_map<api_peer*, std::shared_ptr<api_peer>> peers_;
};

} // namespace serverme::control

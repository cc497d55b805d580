// Whose keys are these? What reception has yet to ask the store, in bounded batches.
//
// Of many agents that come at once each would be a message and a transaction of its own. One batch
// is on its way; who comes meanwhile waits for the next one. A key is asked for once a batch,
// however many came with it.
#pragma once

#include "protocol/messages/accounts.hpp"
#include "protocol/result.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace serverme::actors {

/// `Waiter`: whoever came with a key.
template <class Waiter>
class key_questions {
public:
  /// A statement with so many takes milliseconds: questions that wait behind it are not kept long.
  static constexpr std::size_t batch_max = 256;
  /// More than a gate lets ask at once (edge::gate_limits::greetings_max).
  static constexpr std::size_t waiting_max = 4096;

  struct verdict {
    Waiter who;
    result<key_owner> owner;
  };

  /// As many wait as may.
  bool is_full() const noexcept { return waiting_.size() >= waiting_max; }

  /// @pre !is_full()
  void add(std::string key_hash, Waiter who) {
    waiting_.emplace_back(std::move(key_hash), std::move(who));
  }

  /// The next batch; who came first is in it. Empty: there is nothing to ask, or what was asked has
  /// yet to be answered.
  authenticate_keys next() {
    authenticate_keys batch;
    if (!asked_.empty())
      return batch;
    while (!waiting_.empty() && batch.key_hashes.size() < batch_max) {
      auto& [hash, who] = waiting_.front();
      auto [those_with_it, is_new] = asked_.try_emplace(std::move(hash));
      if (is_new)
        batch.key_hashes.push_back(those_with_it->first);
      those_with_it->second.push_back(std::move(who));
      waiting_.pop_front();
    }
    return batch;
  }

  /// The batch is answered: a key that is not among the answers is invalid.
  std::vector<verdict> on_owners(const key_owners& known) {
    std::vector<verdict> verdicts;
    for (const auto& [hash, owner] : known.known) {
      if (auto found = asked_.extract(hash))
        settle(std::move(found.mapped()), owner, verdicts);
    }
    for (auto& [hash, those_with_it] : std::exchange(asked_, {}))
      settle(std::move(those_with_it), fail(errc::key_invalid), verdicts);
    return verdicts;
  }

  /// The batch has failed. Who waits for the next one is told as well: nobody waits longer than for
  /// one answer of the store.
  std::vector<verdict> on_failure(const failure& why) {
    std::vector<verdict> verdicts;
    for (auto& [hash, those_with_it] : std::exchange(asked_, {}))
      settle(std::move(those_with_it), why, verdicts);
    for (auto& [hash, who] : std::exchange(waiting_, {}))
      verdicts.push_back({std::move(who), why});
    return verdicts;
  }

private:
  static void settle(std::vector<Waiter> all, const result<key_owner>& owner,
                     std::vector<verdict>& verdicts) {
    for (auto& who : all)
      verdicts.push_back({std::move(who), owner});
  }

  std::deque<std::pair<std::string, Waiter>> waiting_;
  std::unordered_map<std::string, std::vector<Waiter>> asked_;
};

} // namespace serverme::actors

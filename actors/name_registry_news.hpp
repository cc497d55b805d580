// What the store has yet to hear of names and ports: the last word on each, in bounded batches.
//
// Of many sessions that end at once each would be a message and a transaction of its own. One batch
// is on its way; what happens meanwhile gathers for the next one. It holds no more than the store
// has granted.
#pragma once

#include "protocol/messages/claims.hpp"

#include <map>
#include <optional>

namespace serverme::actors {

class claim_news {
public:
  /// A transaction with so many takes milliseconds: questions that wait behind it are not kept
  /// long.
  static constexpr std::size_t batch_max = 256;

  /// An older word on the same key is forgotten.
  void add(claim what) { waiting_.insert_or_assign(what.key, std::move(what)); }

  /// The word on one key, which is not waited with any more.
  std::optional<claim> take(const claim_key& key) {
    auto found = waiting_.extract(key);
    return found ? std::optional{std::move(found.mapped())} : std::nullopt;
  }

  /// The next batch, in the order of the keys: nodes that extend the same ones wait for each other
  /// and never in a circle. Empty: there is nothing to say, or on_told() is yet to come.
  extend_claims next() {
    extend_claims batch;
    if (is_telling_)
      return batch;
    while (!waiting_.empty() && batch.claims.size() < batch_max)
      batch.claims.push_back(std::move(waiting_.extract(waiting_.begin()).mapped()));
    is_telling_ = !batch.claims.empty();
    return batch;
  }

  /// The store has answered, or nobody waits for that any longer.
  void on_told() noexcept { is_telling_ = false; }

private:
  std::map<claim_key, claim> waiting_;
  bool is_telling_ = false;
};

} // namespace serverme::actors

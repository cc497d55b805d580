// What one other edge has told: its sessions and routes, read from messages in order
// (docs/adr/0015).
//
// A telling that begins anew leaves what is known in place until its last page: names are served
// meanwhile.
#pragma once

#include "protocol/messages/neighbours.hpp"

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace serverme::neighbours {

/// Of one other edge; what is beyond is left out, and counted.
struct told_limits {
  std::size_t sessions_max = 200'000;
  std::size_t routes_max = 400'000;
};

/// What one message changed; each key once.
struct told_changes {
  std::vector<session_id> sessions; // new, or different
  std::vector<session_id> sessions_gone;
  std::vector<endpoint_id> routes; // new, or different
  std::vector<endpoint_id> routes_gone;
  /// Now everything is known that this edge has to tell.
  bool is_whole = false;
  /// Entries beyond the limits.
  std::uint64_t left_out = 0;
};

class told_news {
public:
  explicit told_news(told_limits limits = {}) : limits_{limits} {}

  /// Another actor tells from now on, with numbers of its own.
  void on_new_teller();
  /// A message out of order changes nothing; that shows in position().
  told_changes take(edge_news news);
  /// The last message that was taken: the answer to each one.
  edge_news_taken position() const noexcept { return {telling_, number_}; }
  /// Was everything told, once?
  bool is_whole() const noexcept { return was_whole_; }

  /// nullptr: there is none.
  const session_record* find(session_id session) const;
  const route* find(endpoint_id endpoint) const;
  const auto& sessions() const noexcept { return sessions_; }
  const auto& routes() const noexcept { return routes_; }

  template <class Value>
  struct told {
    Value value;
    /// Of the telling that had it last.
    std::uint64_t epoch = 0;
  };

private:
  bool is_next(const edge_news& news) const noexcept;

  told_limits limits_;
  std::uint64_t telling_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t epoch_ = 0; // grows with each telling
  bool was_whole_ = false;
  std::unordered_map<session_id, told<session_record>> sessions_;
  std::unordered_map<endpoint_id, told<route>> routes_;
};

} // namespace serverme::neighbours

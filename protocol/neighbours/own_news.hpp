// What this edge tells the other ones: its sessions and its routes, and how far one of them has
// heard of it (docs/adr/0015).
//
// What waits to be told is a list of keys, each once: it is never longer than what exists and what
// was told, however much changes while nobody answers.
#pragma once

#include "protocol/messages/neighbours.hpp"

#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace serverme::neighbours {

/// What there is to tell.
class own_news {
public:
  /// @returns whether it is new, or another one than before
  bool put(session_record record);
  bool put(route entry);
  /// @returns whether there was one
  bool remove(session_id session) { return sessions_.erase(session) > 0; }
  bool remove(endpoint_id endpoint) { return routes_.erase(endpoint) > 0; }

  /// nullptr: there is none.
  const session_record* find(session_id session) const;
  const route* find(endpoint_id endpoint) const;

  const auto& sessions() const noexcept { return sessions_; }
  const auto& routes() const noexcept { return routes_; }

private:
  std::unordered_map<session_id, session_record> sessions_;
  std::unordered_map<endpoint_id, route> routes_;
};

/// What one other edge was told, and what it is told next. It knows nothing at first.
class news_teller {
public:
  /// Everything, from the beginning. What was on its way is not waited for any more.
  void begin(const own_news& own, std::uint64_t telling);
  /// Nobody listens: nothing waits.
  void stop();

  void changed(session_id session);
  void changed(endpoint_id endpoint);

  /// The next message. Nothing while one is unanswered, or when there is nothing to tell.
  std::optional<edge_news> next(const own_news& own);
  /// @returns false when the other edge needs everything anew
  bool on_taken(const edge_news_taken& answer);
  /// The other edge says what it has heard, on the way on which its answers come.
  /// @returns as above
  bool on_heard(const edge_news_taken& heard) const noexcept;

  /// Does it know everything?
  bool is_done() const noexcept;
  /// Keys that wait.
  std::size_t waiting() const noexcept { return sessions_.size() + routes_.size(); }

private:
  /// First come, first told.
  template <class Key>
  class key_queue {
  public:
    void push(Key key) {
      if (waits_.insert(key).second)
        order_.push_back(key);
    }
    Key pop() {
      auto key = order_.front();
      order_.pop_front();
      waits_.erase(key);
      if (of_beginning_ > 0)
        --of_beginning_;
      return key;
    }
    void clear() { *this = {}; }
    void mark_beginning() { of_beginning_ = order_.size(); }
    bool has_beginning() const noexcept { return of_beginning_ > 0; }
    bool empty() const noexcept { return order_.empty(); }
    std::size_t size() const noexcept { return order_.size(); }

  private:
    std::deque<Key> order_;
    std::unordered_set<Key> waits_;
    /// So many of the first ones are of what there was when the telling began.
    std::size_t of_beginning_ = 0;
  };

  void add_sessions(const own_news& own, edge_news& page);
  void add_routes(const own_news& own, edge_news& page);

  std::uint64_t telling_ = 0; // 0: nobody listens
  std::uint64_t number_ = 0;  // of the last message
  bool is_unanswered_ = false;
  bool was_answered_ = false; // in this telling
  bool was_whole_ = false;
  key_queue<session_id> sessions_;
  key_queue<endpoint_id> routes_;
  std::unordered_set<session_id> told_sessions_;
  std::unordered_set<endpoint_id> told_routes_;
};

} // namespace serverme::neighbours

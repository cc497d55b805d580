// Whom to dial when, and what waits for it: one dial for each member at a time, few at once, and
// later each time one failed.
//
// For the shell of the membership core, whose messages want to go to members without a connection.
// No I/O. Bounded by the members that are dialed or connected.
#pragma once

#include "protocol/backoff.hpp"
#include "protocol/bytes.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <deque>
#include <map>

namespace serverme::membership {

struct dial_limits {
  std::size_t dials_max = 16;
  /// What waits for one member, and for all. Older messages go first: a question that waited is
  /// over.
  std::size_t messages_max = 16;
  std::size_t bytes_max = 1024UL * 1024;
  backoff_limits pauses{.first = milliseconds{100}, .ceiling = milliseconds{5'000}};
};

class dial_plan {
public:
  explicit dial_plan(dial_limits bounds = {}) : bounds_{bounds} {}

  /// @returns whether to dial it now: then on_connected() or on_failed() has to follow
  bool begin(const node_id& who, time_point now);

  /// For when it can be reached. @returns how many messages were dropped instead: of members that
  /// are neither dialed nor connected all
  std::size_t keep(const node_id& who, byte_queue bytes);
  /// What waited, in order.
  std::deque<byte_queue> take(const node_id& who);

  /// There is a connection, whoever dialed.
  void on_connected(const node_id& who, time_point now);
  /// `random` in [0, 1). @returns how many messages were dropped
  std::size_t on_failed(const node_id& who, time_point now, double random);
  std::size_t on_disconnected(const node_id& who, time_point now, double random);
  /// It is no member any more. @returns how many messages were dropped
  std::size_t forget(const node_id& who);

  std::size_t dials() const noexcept { return dials_; }

private:
  enum class standing : std::uint8_t { away, dialing, connected };

  struct entry {
    standing is = standing::away;
    backoff pauses;
    time_point not_before{};
    time_point since{};
    std::deque<byte_queue> waiting;
  };

  std::size_t drop(entry& x);
  void pause(entry& x, time_point now, double random);

  dial_limits bounds_;
  std::map<node_id, entry> entries_;
  std::size_t dials_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace serverme::membership

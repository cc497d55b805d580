// The table of the other members: what is known of each, bounded, with one number for all of it.
#pragma once

#include "protocol/membership/limits.hpp"
#include "protocol/membership/message.hpp"
#include "protocol/membership/suspicion.hpp"

#include <functional>
#include <map>

namespace serverme::membership {

struct member {
  record what;
  /// When it came into its state, as far as this node knows.
  time_point since{};
  /// Set while it is suspect.
  std::optional<suspicion> doubt;
  /// When it was last asked whether it lives.
  time_point asked{};
  /// When it was last sent the whole table.
  std::optional<time_point> table_sent;
  /// What its tables were answered with since then: bounds what it can make this node send.
  time_point corrected{};
  std::size_t corrections = 0;
};

class roster {
public:
  using members = std::map<node_id, member>;

  explicit roster(std::size_t members_max) : members_max_{members_max} {}

  member* find(const node_id& id) noexcept;
  const member* find(const node_id& id) const noexcept;
  const members& all() const noexcept { return members_; }
  members& all() noexcept { return members_; }
  std::size_t size() const noexcept { return members_.size(); }
  /// Alive or suspect.
  std::size_t live() const noexcept { return live_; }

  /// Makes room by forgetting who has been dead or away for the longest time.
  /// @returns nullptr when all places are taken by living members. @pre x.about, not known yet
  member* add(const record& x, time_point now, std::optional<node_id>& evicted);

  /// Replaces what is known; facts that `x` leaves out stay.
  void replace(member& known, const record& x, time_point now);

  void forget(const node_id& id);

  /// Who has been dead or away for longer than the limits say.
  std::vector<node_id> expired(const limits& bounds, time_point now) const;

  /// The same in every member whose table has the same living members in the same incarnations.
  std::uint64_t digest() const noexcept { return digest_; }

  std::vector<node_id> select(const std::function<bool(const member&)>& wanted) const;

private:
  void count(const record& x) noexcept;
  void discount(const record& x) noexcept;
  std::optional<node_id> least_missed() const;

  std::size_t members_max_;
  members members_;
  std::size_t live_ = 0;
  std::uint64_t digest_ = 0;
};

/// What one living member adds to a digest.
std::uint64_t digest_of(const record& x) noexcept;

} // namespace serverme::membership

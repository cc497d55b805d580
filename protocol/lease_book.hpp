// Which session serves which public name, until when, and under which generation.
//
// A lease is not the ownership of a name (the store knows that, for accounts): it says who of an
// account's sessions serves it now. A newer generation always wins, so that no delay anywhere lets
// two sessions serve one name.
#pragma once

#include "protocol/messages/leases.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace serverme {

struct lease_holder {
  account_id account;
  session_id session;
  /// Of the edge where the session lives, which it may leave for another one (docs/adr/0015): a
  /// number that the caller gives to each.
  std::uint64_t edge = 0;

  friend bool operator==(const lease_holder&, const lease_holder&) = default;
};

class lease_book {
public:
  struct lease {
    lease_holder holder;
    serverme::generation generation;
    time_point until{};
  };

  struct taken {
    lease_grant what;
    /// Who had it until now: another session of the account, which was away, or the same session on
    /// an edge that it left.
    std::optional<lease_holder> from;
  };

  struct ended {
    claim_key key;
    lease_holder holder;
  };

  /// `first`: larger than any generation given out by a book before this one.
  lease_book(milliseconds lease_time, generation first) : lease_time_{lease_time}, next_{first} {}

  /// A session that already holds it keeps its generation, unless it comes from another edge now:
  /// whatever its former home still says must be old.
  /// @errors name_taken or port_taken: a session that is not away, or one of another account, has
  /// it
  result<taken> take(const claim_key& key, const lease_holder& who, time_point now);

  /// @returns false when a newer lease exists: the caller has lost it. A lease that the book does
  /// not know (it was restarted) is learned, and so is a newer one of the same account.
  bool renew(const lease_grant& what, const lease_holder& who, time_point now);

  /// What is said of a session by another edge than the one where it holds something counts for
  /// nothing, here and in forget().
  void set_presence(session_id session, std::uint64_t edge, presence agent);
  /// All sessions of an edge that is gone are away.
  void lose_edge(std::uint64_t edge);

  /// Only what is still that session's, under that generation. @returns whether it was
  bool release(session_id session, const lease_grant& what);

  /// Ends everything that a session holds on that edge.
  std::vector<ended> forget(session_id session, std::uint64_t edge);

  /// Ends what was not renewed in time.
  std::vector<ended> expire(time_point now);

  /// nullptr when nobody holds it, or not any more at `now`.
  const lease* find(const claim_key& key, time_point now) const noexcept;
  /// Everything that is held, for the store.
  std::vector<ended> all() const;
  std::size_t size() const noexcept { return leases_.size(); }

private:
  using lease_map = std::map<claim_key, lease>;

  /// While a session moves it holds some of its names here and some there.
  using session_place = std::pair<session_id, std::uint64_t>;
  struct session_entry {
    presence agent = presence::here;
    std::vector<claim_key> keys;
  };

  lease_grant enter(const claim_key& key, const lease_holder& who, generation under,
                    time_point now);
  lease_map::iterator remove(lease_map::iterator entry);

  milliseconds lease_time_;
  generation next_;
  lease_map leases_;
  std::map<session_place, session_entry> sessions_;
};

} // namespace serverme

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
#include <unordered_map>
#include <vector>

namespace serverme {

struct lease_holder {
  account_id account;
  session_id session;

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
    /// Set when another session of the account had it and was away.
    std::optional<session_id> from;
  };

  struct ended {
    claim_key key;
    lease_holder holder;
  };

  /// `first`: larger than any generation given out by a book before this one.
  lease_book(milliseconds lease_time, generation first) : lease_time_{lease_time}, next_{first} {}

  /// A session that already holds it keeps its generation.
  /// @errors name_taken or port_taken: a session that is not away, or one of another account, has
  /// it
  result<taken> take(const claim_key& key, const lease_holder& who, time_point now);

  /// @returns false when a newer lease exists: the caller has lost it. A lease that the book does
  /// not know (it was restarted) is learned.
  bool renew(const lease_grant& what, const lease_holder& who, time_point now);

  void set_presence(session_id session, presence agent);

  /// Only what is still that session's, under that generation. @returns whether it was
  bool release(session_id session, const lease_grant& what);

  /// Ends everything that a session holds.
  std::vector<ended> forget(session_id session);

  /// Ends what was not renewed in time.
  std::vector<ended> expire(time_point now);

  /// nullptr when nobody holds it, or not any more at `now`.
  const lease* find(const claim_key& key, time_point now) const noexcept;
  /// Everything that is held, for the store.
  std::vector<ended> all() const;
  std::size_t size() const noexcept { return leases_.size(); }

private:
  using lease_map = std::map<claim_key, lease>;

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
  std::unordered_map<session_id, session_entry> sessions_;
};

} // namespace serverme

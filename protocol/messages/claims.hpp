// Which account may use which public name: the durable half of a lease, kept by the store.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace serverme {

/// A public name, or a public TCP port. One namespace: http and tls share the names.
struct claim_key {
  /// The label in front of the domain; empty: a port.
  std::string name;
  std::uint16_t port = 0;

  friend auto operator<=>(const claim_key&, const claim_key&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, claim_key& x) {
    return f(x.name, x.port);
  }
};

/// Asks: may this account use it? Yes when nobody has it, when its hold by another account is over,
/// or when the account has it already; it is then the account's until `hold` from now.
/// Errors: name_taken or port_taken (held by another account), name_reserved (set aside for another
/// account), too_many_claims (the account holds as many as it may), database_unavailable.
struct claim {
  account_id account;
  claim_key key;
  seconds hold{0};

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, claim& x) {
    return f(x.account, x.key, x.hold);
  }
};

struct claimed {
  claim_key key;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, claimed& x) {
    return f(x.key);
  }
};

/// Each is held until its `hold` from now, if it is still that account's; a hold of 0 gives it up.
/// Reservations are not touched.
struct extend_claims {
  std::vector<claim> claims;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, extend_claims& x) {
    return f(x.claims);
  }
};

/// Sets a name aside for a user, without end. Errors: api_not_found (no such user), name_invalid,
/// name_taken, name_reserved (both: another account's), database_unavailable.
struct reserve_name {
  std::string user;
  std::string name;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, reserve_name& x) {
    return f(x.user, x.name);
  }
};

struct name_reserved {
  std::string name;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, name_reserved& x) {
    return f(x.name);
  }
};

/// Is the store at work? Errors: database_unavailable.
struct probe_store {
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, probe_store&) {
    return f();
  }
};

struct store_ready {
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, store_ready&) {
    return f();
  }
};

} // namespace serverme

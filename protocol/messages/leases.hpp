// Who serves a name right now: what sessions and the name registry say to each other.
#pragma once

#include "protocol/endpoint.hpp"
#include "protocol/messages/claims.hpp"

#include <vector>

namespace serverme {

/// Has the agent of a session any lane?
enum class presence : std::uint8_t { here = 1, away = 2 };

/// Asks for a name or a port; the asking actor becomes the holder.
/// Errors: name_invalid, name_reserved, name_taken, port_out_of_range, port_taken, no_free_port,
/// control_unavailable (the store is away).
struct lease_endpoint {
  account_id account;
  session_id session;
  endpoint_kind kind = endpoint_kind::http;
  /// Empty: a random one.
  std::string name;
  /// tcp; 0: a free one.
  std::uint16_t port = 0;
  /// tcp, free: ports that could not be opened.
  std::vector<std::uint16_t> unwanted;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, lease_endpoint& x) {
    return f(x.account, x.session, x.kind, x.name, x.port, x.unwanted);
  }
};

/// What is held, under which generation.
struct lease_grant {
  claim_key key;
  serverme::generation generation;

  friend bool operator==(const lease_grant&, const lease_grant&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, lease_grant& x) {
    return f(x.key, x.generation);
  }
};

/// All that a session holds.
struct held_leases {
  account_id account;
  session_id session;
  presence agent = presence::here;
  std::vector<lease_grant> grants;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, held_leases& x) {
    return f(x.account, x.session, x.agent, x.grants);
  }
};

/// Every third of the lease time, from an edge: what so many of its sessions hold. Answered by
/// leases_renewed. A registry that lost its memory learns it again from this.
struct renew_leases {
  /// One message must stay far below what a link between nodes lets pass.
  static constexpr std::size_t grants_max = 512;

  std::vector<held_leases> sessions;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, renew_leases& x) {
    return f(x.sessions);
  }
};

/// Somebody has it under a newer generation: the session gives it up.
struct lease_lost {
  session_id session;
  lease_grant what;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, lease_lost& x) {
    return f(x.session, x.what);
  }
};

struct leases_renewed {
  std::vector<lease_lost> lost;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, leases_renewed& x) {
    return f(x.lost);
  }
};

/// Nobody holds anything for it any more; its account has the names for a while yet.
struct session_ended {
  session_id session;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, session_ended& x) {
    return f(x.session);
  }
};

/// What becomes of the name once nobody serves it.
enum class after_release : std::uint8_t {
  /// The account has it for a while yet: it will come back.
  hold = 1,
  /// Anyone may have it at once.
  give_up = 2,
};

struct release_lease {
  session_id session;
  lease_grant what;
  after_release then = after_release::hold;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, release_lease& x) {
    return f(x.session, x.what, x.then);
  }
};

/// Another session of the same account may take the names of a session that is away.
struct session_presence {
  session_id session;
  presence agent = presence::here;

  friend bool operator==(const session_presence&, const session_presence&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, session_presence& x) {
    return f(x.session, x.agent);
  }
};

} // namespace serverme

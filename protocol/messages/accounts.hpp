// Who is who: what is asked of the store about users and their keys.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace serverme {

enum class account_role : std::uint8_t { member = 1, admin = 2 };

/// Who asks. Every request that reads or changes something of somebody's carries one.
struct asker {
  account_id account;
  account_role role = account_role::member;

  friend bool operator==(const asker&, const asker&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, asker& x) {
    return f(x.account, x.role);
  }
};

/// Asks: whose key is this? Errors: key_invalid (unknown, revoked), database_unavailable.
struct authenticate_key {
  /// SHA-256 of the key's text, 32 bytes. The text itself goes no further than where it arrived.
  std::string key_hash;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, authenticate_key& x) {
    return f(x.key_hash);
  }
};

struct key_owner {
  key_id key;
  account_id account;
  std::string account_name;
  account_role role = account_role::member;

  friend bool operator==(const key_owner&, const key_owner&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, key_owner& x) {
    return f(x.key, x.account, x.account_name, x.role);
  }
};

/// The same for many at once. Answered by key_owners. Errors: database_unavailable.
struct authenticate_keys {
  /// As authenticate_key::key_hash.
  std::vector<std::string> key_hashes;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, authenticate_keys& x) {
    return f(x.key_hashes);
  }
};

struct known_key {
  std::string key_hash;
  key_owner owner;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, known_key& x) {
    return f(x.key_hash, x.owner);
  }
};

/// Those that were found, in any order. The others are unknown or revoked.
struct key_owners {
  std::vector<known_key> known;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, key_owners& x) {
    return f(x.known);
  }
};

/// Asks: which of these are still good? Answered by good_keys. Errors: database_unavailable.
struct check_keys {
  std::vector<key_id> keys;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, check_keys& x) {
    return f(x.keys);
  }
};

struct good_keys {
  std::vector<key_id> keys;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, good_keys& x) {
    return f(x.keys);
  }
};

/// Errors: api_bad_request (the name is taken or no name), database_unavailable.
struct create_user {
  std::string name;
  account_role role = account_role::member;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, create_user& x) {
    return f(x.name, x.role);
  }
};

struct user_created {
  account_id account;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, user_created& x) {
    return f(x.account);
  }
};

/// Errors: api_not_found (no such user), database_unavailable.
struct create_key {
  std::string user;
  /// For people: "laptop".
  std::string label;
  std::string key_hash;
  /// The first characters of the key, to tell it from others in a list.
  std::string shown_prefix;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, create_key& x) {
    return f(x.user, x.label, x.key_hash, x.shown_prefix);
  }
};

struct key_created {
  key_id key;
  account_id account;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, key_created& x) {
    return f(x.key, x.account);
  }
};

/// Errors: api_not_found (no such user), database_unavailable.
struct list_keys {
  /// Empty: of all users.
  std::string user;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, list_keys& x) {
    return f(x.user);
  }
};

enum class key_standing : std::uint8_t { good = 1, revoked = 2 };

struct key_view {
  key_id key;
  std::string user;
  std::string label;
  std::string shown_prefix;
  wall_time created{};
  /// The epoch when it was never used.
  wall_time last_used{};
  key_standing standing = key_standing::good;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, key_view& x) {
    return f(x.key, x.user, x.label, x.shown_prefix, x.created, x.last_used, x.standing);
  }
};

struct key_list {
  std::vector<key_view> keys;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, key_list& x) {
    return f(x.keys);
  }
};

/// Errors: api_not_found, database_unavailable. Revoking twice is no error.
struct revoke_key {
  key_id key;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, revoke_key& x) {
    return f(x.key);
  }
};

/// The answer, and the fact that ends the key's sessions.
struct key_revoked {
  key_id key;

  friend bool operator==(const key_revoked&, const key_revoked&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, key_revoked& x) {
    return f(x.key);
  }
};

} // namespace serverme

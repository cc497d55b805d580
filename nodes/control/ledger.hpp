// Accounts, keys and claims in PostgreSQL: every question of actors/ports/store.hpp as a call.
//
// Blocks, one thread at a time. The store actor asks it on a thread of its own; the commands of
// servermed ask it directly, whether a node runs or not.
#pragma once

#include "nodes/control/claim_limits.hpp"
#include "nodes/control/database_settings.hpp"
#include "protocol/messages/accounts.hpp"
#include "protocol/messages/claims.hpp"
#include "protocol/result.hpp"

#include <memory>
#include <string>

namespace serverme::control {

class ledger {
public:
  /// Connects with the first question.
  explicit ledger(database_settings settings, claim_limits limits = {});
  ~ledger();

  /// @errors of each: what its message says, and database_unavailable
  result<key_owner> answer(const authenticate_key& ask);
  result<key_owners> answer(const authenticate_keys& ask);
  result<good_keys> answer(const check_keys& ask);
  result<user_created> answer(const create_user& ask);
  result<key_created> answer(const create_key& ask);
  result<key_list> answer(const list_keys& ask);
  result<key_revoked> answer(const revoke_key& ask);
  result<claimed> answer(const claim& ask);
  result<done> answer(const extend_claims& order);
  result<name_reserved> answer(const reserve_name& ask);
  result<store_ready> answer(const probe_store& ask);

private:
  struct state;
  std::unique_ptr<state> state_;
};

struct issued_key {
  key_id key;
  account_id account;
  /// Secret; nobody can read it again.
  std::string text;
};

/// Makes a key for a user. @errors api_not_found, api_bad_request, database_unavailable
result<issued_key> issue_key(ledger& facts, const std::string& user, const std::string& label);

/// For `servermed dev`: there is a user "admin". @returns `current` if that is a good key of an
/// admin, else a new one. @errors database_unavailable
result<std::string> ensure_admin_key(ledger& facts, const std::string& current);

} // namespace serverme::control

// STORE: the facts that must survive, as actors see them.
//
// Owned by  the node: a control node runs one for each database connection, on its own thread.
// Fails     never quits because the database is away: it answers database_unavailable and connects
//           again by itself. Whoever asks sets a time-out.
#pragma once

#include "actors/messaging.hpp"
#include "protocol/messages/accounts.hpp"
#include "protocol/messages/claims.hpp"

namespace serverme::actors {

using store_actor = caf::typed_actor<
  // Whose key is this? Errors: key_invalid, database_unavailable.
  answers<authenticate_key, key_owner>,
  // Whose keys are these? One query for all. Errors: database_unavailable.
  answers<authenticate_keys, key_owners>,
  // Which of these keys are still good? Asked every two seconds: one query for all.
  answers<check_keys, good_keys>,
  // May this account use this name or port? Errors: name_taken, port_taken, name_reserved.
  answers<claim, claimed>,
  // These are still in use, or no more. Answered, without a word, when it is done.
  takes<extend_claims>,
  // Sets a name aside. Errors: api_not_found, name_invalid, name_taken, name_reserved.
  answers<reserve_name, name_reserved>,
  // Errors: api_bad_request.
  answers<create_user, user_created>,
  // Errors: api_not_found.
  answers<create_key, key_created>,
  // Errors: api_not_found.
  answers<list_keys, key_list>,
  // Errors: api_not_found.
  answers<revoke_key, key_revoked>,
  // Is the database there?
  answers<probe_store, store_ready>>;

} // namespace serverme::actors

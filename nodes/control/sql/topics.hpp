// Each question of actors/ports/store.hpp in SQL, one file per topic. All of them inside the
// caller's transaction.
#pragma once

#include "nodes/control/claim_limits.hpp"
#include "protocol/messages/accounts.hpp"
#include "protocol/messages/claims.hpp"
#include "protocol/result.hpp"

#include <pqxx/pqxx>

namespace serverme::control::sql {

void prepare_accounts(pqxx::connection& connection);
/// @errors api_bad_request
result<user_created> answer(pqxx::work& work, const create_user& ask);
/// @errors api_not_found
result<account_id> find_account(pqxx::work& work, const std::string& name);

void prepare_keys(pqxx::connection& connection);
/// @errors key_invalid
result<key_owner> answer(pqxx::work& work, const authenticate_key& ask);
result<key_owners> answer(pqxx::work& work, const authenticate_keys& ask);
result<good_keys> answer(pqxx::work& work, const check_keys& ask);
/// @errors api_not_found, api_bad_request
result<key_created> answer(pqxx::work& work, const create_key& ask);
/// @errors api_not_found
result<key_list> answer(pqxx::work& work, const list_keys& ask);
/// @errors api_not_found
result<key_revoked> answer(pqxx::work& work, const revoke_key& ask);

void prepare_claims(pqxx::connection& connection);
/// @errors name_taken, port_taken, name_reserved, too_many_claims
result<claimed> answer(pqxx::work& work, const claim& ask, const claim_limits& limits);
result<done> answer(pqxx::work& work, const extend_claims& order);
/// @errors api_not_found, name_invalid, name_taken, name_reserved
result<name_reserved> answer(pqxx::work& work, const reserve_name& ask);

} // namespace serverme::control::sql

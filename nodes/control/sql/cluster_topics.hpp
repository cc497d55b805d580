// Each question of cluster/questions.hpp in SQL, inside the caller's transaction.
#pragma once

#include "nodes/control/cluster/questions.hpp"

#include <pqxx/pqxx>

#include <cstdint>
#include <optional>
#include <vector>

namespace serverme::control::sql {

void prepare_cluster(pqxx::connection& connection);
/// @errors cluster_missing
result<cluster_facts> answer(pqxx::work& work, const get_cluster& ask);
/// @errors cluster_exists, api_bad_request, those of signing
result<admission> answer(pqxx::work& work, const found_cluster& ask,
                         const certificate_signer& sign);

void prepare_join_tokens(pqxx::connection& connection);
/// @errors api_bad_request, cluster_missing
result<token_created> answer(pqxx::work& work, const create_token& ask);
result<std::vector<token_view>> answer(pqxx::work& work, const list_tokens& ask);
/// @errors api_not_found
result<done> answer(pqxx::work& work, const revoke_token& ask);
/// @errors see redeem_token
result<admission> answer(pqxx::work& work, const redeem_token& ask, const certificate_signer& sign);

void prepare_nodes(pqxx::connection& connection);
/// Puts a node on record and signs for it. @errors api_bad_request, those of signing
result<admission> admit(pqxx::work& work, const node_identity& who,
                        const node_introduction& introduction, std::optional<token_id> by,
                        const certificate_signer& sign);
/// @errors node_removed, cluster_missing, those of signing
result<admission> answer(pqxx::work& work, const renew_node& ask, const certificate_signer& sign);
/// @errors api_not_found, last_control_node
result<done> answer(pqxx::work& work, const remove_node& ask);
result<std::vector<node_view>> answer(pqxx::work& work, const list_nodes& ask);
result<std::vector<node_id>> answer(pqxx::work& work, const list_outcasts& ask);
/// @errors node_removed
result<done> answer(pqxx::work& work, const announce_node& ask);
result<cluster_ways> answer(pqxx::work& work, const list_ways& ask);

/// As the queries of these files give times.
wall_time from_microseconds(std::int64_t since_epoch);

} // namespace serverme::control::sql

// API keys in SQL.
#include "nodes/control/secrets.hpp"
#include "nodes/control/sql/database.hpp"
#include "nodes/control/sql/topics.hpp"

namespace serverme::control::sql {

namespace {

constexpr std::size_t hash_size = 32;
constexpr std::size_t label_length_max = 100;
constexpr std::size_t prefix_length_max = 16;

account_role role_of(const std::string& text) {
  return text == "admin" ? account_role::admin : account_role::member;
}

wall_time from_microseconds(std::int64_t since_epoch) {
  return wall_time{std::chrono::duration_cast<wall_time::duration>(microseconds{since_epoch})};
}

/// '{1,2,3}': one parameter, whatever their number.
std::string array_of(const std::vector<key_id>& keys) {
  std::string text{"{"};
  for (auto key : keys)
    text += (text.size() > 1 ? "," : "") + std::to_string(key.value);
  return text + "}";
}

/// '{"\\x01","\\x02"}': the same for bytes. The backslash that begins one is escaped.
std::string array_of(const std::vector<std::string>& binaries) {
  std::string text{"{"};
  for (const auto& each : binaries)
    text += (text.size() > 1 ? ",\"\\\\x" : "\"\\\\x") + to_hex(each) + '"';
  return text + "}";
}

} // namespace

void prepare_keys(pqxx::connection& connection) {
  // When a key was last used is for people: a minute is exact enough, and a write for each
  // request would be too much. A row that somebody else changes is skipped: nodes that note the
  // same keys would wait for each other in a circle.
  connection.prepare("authenticate_keys", R"(
    WITH found AS (
      SELECT asked.place, k.id, k.account, k.last_used_at, a.name, a.role
      FROM unnest($1::bytea[]) WITH ORDINALITY AS asked (hash, place)
      JOIN api_keys k ON k.hash = asked.hash
      JOIN accounts a ON a.id = k.account
      WHERE k.revoked_at IS NULL
    ), unnoted AS MATERIALIZED (
      SELECT id FROM api_keys
      WHERE id IN (
        SELECT id FROM found
        WHERE last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
      FOR NO KEY UPDATE SKIP LOCKED
    ), noted AS (
      UPDATE api_keys k SET last_used_at = now() FROM unnoted u WHERE k.id = u.id
    )
    SELECT place, id, account, name, role FROM found)");
  connection.prepare("check_keys", R"(
    SELECT id FROM api_keys WHERE id = ANY ($1::bigint[]) AND revoked_at IS NULL)");
  connection.prepare("create_key", R"(
    INSERT INTO api_keys (account, label, hash, shown_prefix)
    VALUES ($1, $2, decode($3, 'hex'), $4)
    RETURNING id)");
  connection.prepare("list_keys", R"(
    SELECT k.id, a.name, k.label, k.shown_prefix, k.revoked_at IS NOT NULL,
           (extract(epoch FROM k.created_at) * 1000000)::bigint,
           coalesce((extract(epoch FROM k.last_used_at) * 1000000)::bigint, 0)
    FROM api_keys k JOIN accounts a ON a.id = k.account
    WHERE $1 = '' OR a.name = $1
    ORDER BY k.id DESC LIMIT 10000)");
  connection.prepare("revoke_key", R"(
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING id)");
}

result<key_owner> answer(pqxx::work& work, const authenticate_key& ask) {
  auto all = answer(work, authenticate_keys{{ask.key_hash}});
  if (!all)
    return fail(all.error());
  if (all->known.empty())
    return fail(errc::key_invalid);
  return all->known.front().owner;
}

result<key_owners> answer(pqxx::work& work, const authenticate_keys& ask) {
  key_owners all;
  for (const auto& row : run(work, "authenticate_keys", array_of(ask.key_hashes)))
    all.known.push_back({.key_hash = ask.key_hashes.at(row[0].as<std::size_t>() - 1),
                         .owner = {.key = {row[1].as<std::int64_t>()},
                                   .account = {row[2].as<std::int64_t>()},
                                   .account_name = row[3].as<std::string>(),
                                   .role = role_of(row[4].as<std::string>())}});
  return all;
}

result<good_keys> answer(pqxx::work& work, const check_keys& ask) {
  good_keys good;
  for (const auto& row : run(work, "check_keys", array_of(ask.keys)))
    good.keys.push_back({row[0].as<std::int64_t>()});
  return good;
}

result<key_created> answer(pqxx::work& work, const create_key& ask) {
  if (ask.key_hash.size() != hash_size || ask.label.size() > label_length_max
      || ask.shown_prefix.size() > prefix_length_max)
    return fail(errc::api_bad_request, "a label has at most 100 characters");
  auto account = find_account(work, ask.user);
  if (!account)
    return fail(account.error());
  auto rows
    = run(work, "create_key", account->value, ask.label, to_hex(ask.key_hash), ask.shown_prefix);
  return key_created{{rows[0][0].as<std::int64_t>()}, *account};
}

result<key_list> answer(pqxx::work& work, const list_keys& ask) {
  if (!ask.user.empty()) {
    if (auto account = find_account(work, ask.user); !account)
      return fail(account.error());
  }
  key_list list;
  for (const auto& row : run(work, "list_keys", ask.user))
    list.keys.push_back(
      {.key = {row[0].as<std::int64_t>()},
       .user = row[1].as<std::string>(),
       .label = row[2].as<std::string>(),
       .shown_prefix = row[3].as<std::string>(),
       .created = from_microseconds(row[5].as<std::int64_t>()),
       .last_used = from_microseconds(row[6].as<std::int64_t>()),
       .standing = row[4].as<bool>() ? key_standing::revoked : key_standing::good});
  return list;
}

result<key_revoked> answer(pqxx::work& work, const revoke_key& ask) {
  if (run(work, "revoke_key", ask.key.value).empty())
    return fail(errc::api_not_found, "key " + std::to_string(ask.key.value));
  return key_revoked{ask.key};
}

} // namespace serverme::control::sql

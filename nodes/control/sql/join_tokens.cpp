// Join tokens in SQL.
#include "nodes/control/secrets.hpp"
#include "nodes/control/sql/cluster_topics.hpp"
#include "nodes/control/sql/database.hpp"

namespace serverme::control::sql {

namespace {

constexpr std::size_t hash_size = 32;
constexpr std::size_t label_length_max = 100;
constexpr seconds lifetime_max{30 * 24 * 3600};
constexpr std::uint32_t uses_max = 1000;

result<done> check(const create_token& ask) {
  if (ask.secret_hash.size() != hash_size || ask.roles.bits == 0)
    return fail(errc::api_bad_request, "a token needs a role");
  if (ask.label.size() > label_length_max)
    return fail(errc::api_bad_request, "a label has at most 100 characters");
  if (ask.lifetime < seconds{1} || ask.lifetime > lifetime_max)
    return fail(errc::api_bad_request, "a token lives for 1 second to 30 days");
  if (ask.uses < 1 || ask.uses > uses_max)
    return fail(errc::api_bad_request, "a token has 1 to 1000 uses");
  return done{};
}

node_roles roles_of(const pqxx::field& field) {
  node_roles roles;
  roles.bits = field.as<std::uint32_t>();
  return roles;
}

token_standing standing_of(bool is_revoked, bool is_expired, std::uint32_t uses_left) {
  if (is_revoked)
    return token_standing::revoked;
  if (uses_left == 0)
    return token_standing::used;
  return is_expired ? token_standing::expired : token_standing::good;
}

/// Why a token could not be used; only who knows its secret is told.
failure explain_refusal(pqxx::work& work, const redeem_token& ask) {
  auto rows = run(work, "look_at_token", to_hex(ask.secret_hash));
  if (rows.empty())
    return fail(errc::token_unknown);
  const auto& row = rows[0];
  switch (standing_of(row[0].as<bool>(), row[1].as<bool>(), row[2].as<std::uint32_t>())) {
    case token_standing::revoked: return fail(errc::token_revoked);
    case token_standing::expired: return fail(errc::token_expired);
    case token_standing::used: return fail(errc::token_used);
    case token_standing::good: break;
  }
  return fail(errc::token_role_refused,
              "it is for " + to_string(roles_of(row[3])) + ", not for " + to_string(ask.roles));
}

} // namespace

void prepare_join_tokens(pqxx::connection& connection) {
  // Those that ended long ago are of no use to anybody.
  connection.prepare("forget_tokens", R"(
    DELETE FROM join_tokens WHERE expires_at < now() - interval '30 days')");
  connection.prepare("create_token", R"(
    INSERT INTO join_tokens (hash, roles, label, expires_at, uses_left)
    SELECT decode($1, 'hex'), $2, $3, now() + $4 * interval '1 second', $5 FROM cluster
    RETURNING id, (extract(epoch FROM expires_at) * 1000000)::bigint)");
  connection.prepare("list_tokens", R"(
    SELECT id, roles, label, (extract(epoch FROM created_at) * 1000000)::bigint,
           (extract(epoch FROM expires_at) * 1000000)::bigint, uses_left,
           revoked_at IS NOT NULL, expires_at <= now()
    FROM join_tokens ORDER BY id DESC LIMIT 10000)");
  connection.prepare("revoke_token", R"(
    UPDATE join_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING id)");
  // Whoever comes second waits here for the first, and then sees what he left.
  connection.prepare("use_token", R"(
    UPDATE join_tokens SET uses_left = uses_left - 1
    WHERE hash = decode($1, 'hex') AND revoked_at IS NULL AND expires_at > now()
      AND uses_left > 0 AND roles & $2 = $2
    RETURNING id, roles)");
  connection.prepare("look_at_token", R"(
    SELECT revoked_at IS NOT NULL, expires_at <= now(), uses_left, roles
    FROM join_tokens WHERE hash = decode($1, 'hex'))");
}

result<token_created> answer(pqxx::work& work, const create_token& ask) {
  if (auto checked = check(ask); !checked)
    return fail(checked.error());
  run(work, "forget_tokens");
  auto rows = run(work, "create_token", to_hex(ask.secret_hash), ask.roles.bits, ask.label,
                  ask.lifetime.count(), ask.uses);
  if (rows.empty())
    return fail(errc::cluster_missing);
  return token_created{{rows[0][0].as<std::int64_t>()},
                       from_microseconds(rows[0][1].as<std::int64_t>())};
}

result<std::vector<token_view>> answer(pqxx::work& work, const list_tokens&) {
  std::vector<token_view> list;
  for (const auto& row : run(work, "list_tokens")) {
    auto uses_left = row[5].as<std::uint32_t>();
    list.push_back({.token = {row[0].as<std::int64_t>()},
                    .roles = roles_of(row[1]),
                    .label = row[2].as<std::string>(),
                    .created = from_microseconds(row[3].as<std::int64_t>()),
                    .expires = from_microseconds(row[4].as<std::int64_t>()),
                    .uses_left = uses_left,
                    .standing = standing_of(row[6].as<bool>(), row[7].as<bool>(), uses_left)});
  }
  return list;
}

result<done> answer(pqxx::work& work, const revoke_token& ask) {
  if (run(work, "revoke_token", ask.token.value).empty())
    return fail(errc::api_not_found, "token " + std::to_string(ask.token.value));
  return done{};
}

result<admission> answer(pqxx::work& work, const redeem_token& ask,
                         const certificate_signer& sign) {
  if (ask.secret_hash.size() != hash_size)
    return fail(errc::token_unknown);
  auto cluster = answer(work, get_cluster{});
  if (!cluster)
    return fail(cluster.error());
  auto used = run(work, "use_token", to_hex(ask.secret_hash), ask.roles.bits);
  if (used.empty())
    return fail(explain_refusal(work, ask));
  auto roles = ask.roles.bits != 0 ? ask.roles : roles_of(used[0][1]);
  return admit(work, {cluster->id, ask.node, roles}, ask.introduction,
               token_id{used[0][0].as<std::int64_t>()}, sign);
}

} // namespace serverme::control::sql

// Names and ports in SQL. Holds end by the database's clock: the nodes' clocks need not agree.
#include "nodes/control/sql/database.hpp"
#include "nodes/control/sql/topics.hpp"
#include "protocol/endpoint.hpp"

namespace serverme::control::sql {

namespace {

std::string to_text(const claim_key& key) {
  return key.name.empty() ? "port " + std::to_string(key.port) : "name " + key.name;
}

/// Why nobody else may have it.
failure refused(pqxx::work& work, const claim_key& key) {
  auto rows = run(work, "find_claim", key.name, static_cast<int>(key.port));
  if (!rows.empty() && rows[0][0].as<bool>())
    return fail(errc::name_reserved, to_text(key));
  return fail(key.name.empty() ? errc::port_taken : errc::name_taken, to_text(key));
}

} // namespace

void prepare_claims(pqxx::connection& connection) {
  // One statement: of two accounts that ask at once the second waits for the first one's row, and
  // then finds it held.
  connection.prepare("claim", R"(
    INSERT INTO claims AS c (name, port, account, held_until)
    VALUES ($1, $2, $3, now() + $4 * interval '1 second')
    ON CONFLICT (name, port) DO UPDATE
      SET account = excluded.account, held_until = excluded.held_until
      WHERE c.account = excluded.account
         OR (c.reserved_at IS NULL AND c.held_until <= now())
    RETURNING account)");
  connection.prepare("find_claim", R"(
    SELECT reserved_at IS NOT NULL FROM claims WHERE name = $1 AND port = $2)");
  // Made again when it is gone: a database that was away for long finds holds that have ended, and
  // sweeps them, before it hears of those that are in use.
  connection.prepare("extend_claim", R"(
    INSERT INTO claims AS c (name, port, account, held_until)
    SELECT $1::text, $2::integer, id, now() + $4 * interval '1 second'
    FROM accounts WHERE id = $3
    ON CONFLICT (name, port) DO UPDATE SET held_until = excluded.held_until
      WHERE c.account = excluded.account)");
  connection.prepare("give_up_claim", R"(
    DELETE FROM claims WHERE name = $1 AND port = $2 AND account = $3 AND reserved_at IS NULL)");
  connection.prepare("sweep_claims", R"(
    DELETE FROM claims WHERE reserved_at IS NULL AND held_until < now() - interval '1 hour')");
  connection.prepare("reserve_name", R"(
    INSERT INTO claims AS c (name, account, held_until, reserved_at)
    VALUES ($1, $2, now(), now())
    ON CONFLICT (name, port) DO UPDATE
      SET account = excluded.account, reserved_at = coalesce(c.reserved_at, excluded.reserved_at)
      WHERE c.account = excluded.account
         OR (c.reserved_at IS NULL AND c.held_until <= now())
    RETURNING account)");
}

result<claimed> answer(pqxx::work& work, const claim& ask) {
  auto rows = run(work, "claim", ask.key.name, static_cast<int>(ask.key.port), ask.account.value,
                  ask.hold.count());
  if (rows.empty())
    return refused(work, ask.key);
  return claimed{ask.key};
}

result<done> answer(pqxx::work& work, const extend_claims& order) {
  for (const auto& each : order.claims) {
    auto port = static_cast<int>(each.key.port);
    if (each.hold.count() > 0)
      run(work, "extend_claim", each.key.name, port, each.account.value, each.hold.count());
    else
      run(work, "give_up_claim", each.key.name, port, each.account.value);
  }
  run(work, "sweep_claims"); // what nobody came back for
  return done{};
}

result<name_reserved> answer(pqxx::work& work, const reserve_name& ask) {
  auto name = parse_endpoint_name(ask.name);
  if (!name)
    return fail(name.error());
  if (is_system_name(*name))
    return fail(errc::name_reserved, "name " + *name);
  auto account = find_account(work, ask.user);
  if (!account)
    return fail(account.error());
  if (run(work, "reserve_name", *name, account->value).empty())
    return refused(work, {.name = *name});
  return name_reserved{*name};
}

} // namespace serverme::control::sql

// Names and ports in SQL. Holds end by the database's clock: the nodes' clocks need not agree.
#include "nodes/control/sql/database.hpp"
#include "nodes/control/sql/topics.hpp"
#include "protocol/endpoint.hpp"

namespace serverme::control::sql {

namespace {

std::string to_text(const claim_key& key) {
  return key.name.empty() ? "port " + std::to_string(key.port) : "name " + key.name;
}

failure is_anothers(const claim_key& key, bool is_reserved) {
  if (is_reserved)
    return fail(errc::name_reserved, to_text(key));
  return fail(key.name.empty() ? errc::port_taken : errc::name_taken, to_text(key));
}

failure too_many(const claim_key& key, std::uint32_t limit) {
  return fail(errc::too_many_claims,
              "at most " + std::to_string(limit) + (key.name.empty() ? " ports" : " names"));
}

} // namespace

void prepare_claims(pqxx::connection& connection) {
  // One statement: of two accounts that ask at once the second waits for the first one's row, and
  // then finds it held.
  //
  // $5: how many names, or ports, the account may hold. What it has already is always granted.
  connection.prepare("claim", R"(
    INSERT INTO claims AS c (name, port, account, held_until)
    SELECT $1::text, $2::integer, $3::bigint, now() + $4 * interval '1 second'
    WHERE EXISTS (
        SELECT FROM claims WHERE name = $1 AND port = $2 AND account = $3
          AND (reserved_at IS NOT NULL OR held_until > now()))
      OR $5 > (
        SELECT count(*) FROM claims WHERE account = $3 AND (name = '') = ($1 = '')
          AND reserved_at IS NULL AND held_until > now())
    ON CONFLICT (name, port) DO UPDATE
      SET account = excluded.account, held_until = excluded.held_until
      WHERE c.account = excluded.account
         OR (c.reserved_at IS NULL AND c.held_until <= now())
    RETURNING account)");
  // Before it counts: claims of one account come one after the other, whichever node asks. A
  // statement of its own, for one sees only what was there when it began.
  connection.prepare("claims_in_turn", R"(
    SELECT id FROM accounts WHERE id = $1 FOR NO KEY UPDATE)");
  connection.prepare("find_claim_of_another", R"(
    SELECT reserved_at IS NOT NULL FROM claims WHERE name = $1 AND port = $2 AND account <> $3
      AND (reserved_at IS NOT NULL OR held_until > now()))");
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

result<claimed> answer(pqxx::work& work, const claim& ask, const claim_limits& limits) {
  auto port = static_cast<int>(ask.key.port);
  auto limit = ask.key.name.empty() ? limits.ports_max : limits.names_max;
  run(work, "claims_in_turn", ask.account.value);
  auto granted = run(work, "claim", ask.key.name, port, ask.account.value, ask.hold.count(),
                     std::int64_t{limit});
  if (!granted.empty())
    return claimed{ask.key};
  auto others = run(work, "find_claim_of_another", ask.key.name, port, ask.account.value);
  if (!others.empty())
    return is_anothers(ask.key, others[0][0].as<bool>());
  return too_many(ask.key, limit);
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
  if (run(work, "reserve_name", *name, account->value).empty()) {
    auto others = run(work, "find_claim_of_another", *name, 0, account->value);
    return is_anothers({.name = *name}, !others.empty() && others[0][0].as<bool>());
  }
  return name_reserved{*name};
}

} // namespace serverme::control::sql

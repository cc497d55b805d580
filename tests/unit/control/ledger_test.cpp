// Accounts, keys and claims in a real PostgreSQL: every question, races, and a server that goes
// away.
#define CAF_SUITE ledger

#include "nodes/control/ledger.hpp"

#include "nodes/control/secrets.hpp"
#include "tests/unit/control/own_database.hpp"
#include "tests/unit/test.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <optional>
#include <thread>

using namespace serverme;
using namespace serverme::control;
using namespace serverme::tests;

namespace {

const claim_key shop{.name = "shop"};
const claim_key port{.port = 10001};
constexpr seconds an_hour{3600};

struct fixture {
  account_id user(const std::string& name, account_role role = account_role::member) {
    auto made = facts.answer(create_user{name, role});
    CAF_REQUIRE(made);
    return made->account;
  }

  issued_key key_for(const std::string& name) {
    auto made = issue_key(facts, name, "laptop");
    CAF_REQUIRE(made);
    return *made;
  }

  /// Nothing, or why not.
  std::optional<errc> try_claim(account_id who, const claim_key& key, seconds hold = an_hour) {
    auto outcome = facts.answer(claim{who, key, hold});
    return outcome ? std::nullopt : std::optional{outcome.error().code};
  }

  void let_holds_end() {
    run_sql(settings, "UPDATE claims SET held_until = now() - interval '1 second'");
  }

  void cut_connections() {
    run_sql(settings, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                      " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
  }

  database_settings settings = migrated_database();
  ledger facts{settings};
};

template <class T>
errc code_of(const result<T>& outcome) {
  CAF_REQUIRE(!outcome);
  return outcome.error().code;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(ledger_tests, fixture)

CAF_TEST(a key tells whose it is) {
  auto account = user("ada", account_role::admin);
  auto key = key_for("ada");
  CAF_CHECK(key.text.starts_with("sm_live_"));
  CAF_CHECK(key.text.size() >= 40u);
  auto owner = facts.answer(authenticate_key{sha256(key.text)});
  CAF_REQUIRE(owner);
  CAF_CHECK(*owner == (key_owner{key.key, account, "ada", account_role::admin}));
}

CAF_TEST(a key that nobody made is invalid) {
  CAF_CHECK_EQUAL(code_of(facts.answer(authenticate_key{sha256("sm_live_x")})), errc::key_invalid);
  CAF_CHECK_EQUAL(code_of(facts.answer(authenticate_key{"short"})), errc::key_invalid);
  CAF_CHECK_EQUAL(code_of(facts.answer(authenticate_key{""})), errc::key_invalid);
}

CAF_TEST(many keys tell whose they are though some of them are bad) {
  auto ada = user("ada", account_role::admin);
  auto bob = user("bob");
  auto of_ada = key_for("ada");
  auto of_bob = key_for("bob");
  auto revoked = key_for("bob");
  facts.answer(revoke_key{revoked.key}).value();
  std::vector<std::string> hashes{sha256("sm_live_x"), sha256(of_bob.text), "short", "", "\\\"{},"};
  hashes.push_back(sha256(revoked.text));
  hashes.push_back(sha256(of_ada.text));
  auto owners = facts.answer(authenticate_keys{hashes});
  CAF_REQUIRE(owners);
  std::map<std::string, key_owner> found;
  for (const auto& [hash, owner] : owners->known)
    found[hash] = owner;
  CAF_REQUIRE_EQUAL(found.size(), 2u);
  CAF_CHECK(found[sha256(of_ada.text)] == (key_owner{of_ada.key, ada, "ada", account_role::admin}));
  CAF_CHECK(found[sha256(of_bob.text)]
            == (key_owner{of_bob.key, bob, "bob", account_role::member}));
  CAF_CHECK(facts.answer(authenticate_keys{})->known.empty());
  // Noted for those that were found, and for no other.
  auto listed = facts.answer(list_keys{});
  CAF_REQUIRE_EQUAL(listed->keys.size(), 3u);
  for (const auto& each : listed->keys)
    CAF_CHECK_EQUAL(each.last_used > wall_time{}, each.key != revoked.key);
}

CAF_TEST(that a key was used is noted once a minute) {
  user("ada");
  auto key = key_for("ada");
  auto noted = [&] { return read_sql(settings, "SELECT last_used_at FROM api_keys"); };
  auto use = [&] { facts.answer(authenticate_keys{{sha256(key.text)}}).value(); };
  use();
  auto first = noted();
  use();
  CAF_CHECK_EQUAL(noted(), first);
  run_sql(settings, "UPDATE api_keys SET last_used_at = now() - interval '2 minutes'");
  auto before = noted();
  use();
  CAF_CHECK(noted() != before);
}

CAF_TEST(a key whose row somebody changes is good meanwhile and nobody waits) {
  user("ada");
  auto key = key_for("ada");
  auto hasty = settings;
  hasty.statement_timeout = milliseconds{1'000};
  ledger impatient{hasty};
  std::promise<void> locked;
  std::promise<void> enough;
  auto blocker = std::async(std::launch::async, [&] {
    ledger_lock lock{settings, "SELECT FROM api_keys FOR UPDATE"};
    locked.set_value();
    enough.get_future().wait();
  });
  locked.get_future().wait();
  auto owners = impatient.answer(authenticate_keys{{sha256(key.text)}});
  enough.set_value();
  blocker.get();
  CAF_REQUIRE(owners);
  CAF_CHECK_EQUAL(owners->known.size(), 1u);
}

CAF_TEST(only a hash of a key is stored) {
  user("ada");
  auto key = key_for("ada");
  auto everything = read_sql(settings, "SELECT string_agg(k::text, ' ') FROM api_keys k");
  CAF_CHECK(everything.find(to_hex(sha256(key.text))) != std::string::npos);
  CAF_CHECK(everything.find(key.text.substr(12)) == std::string::npos);
}

CAF_TEST(a revoked key is invalid at once and revoking twice is no error) {
  user("ada");
  auto key = key_for("ada");
  auto other = key_for("ada");
  CAF_CHECK(facts.answer(revoke_key{key.key}));
  CAF_CHECK(facts.answer(revoke_key{key.key}));
  CAF_CHECK_EQUAL(code_of(facts.answer(authenticate_key{sha256(key.text)})), errc::key_invalid);
  auto good = facts.answer(check_keys{{key.key, other.key, key_id{999}}});
  CAF_REQUIRE(good);
  CAF_CHECK(good->keys == std::vector{other.key});
  CAF_CHECK_EQUAL(code_of(facts.answer(revoke_key{key_id{999}})), errc::api_not_found);
}

CAF_TEST(no keys to check is no question) {
  auto good = facts.answer(check_keys{});
  CAF_REQUIRE(good);
  CAF_CHECK(good->keys.empty());
}

CAF_TEST(keys are listed with what people need to tell them apart) {
  user("ada");
  user("bob");
  auto first = key_for("ada");
  auto second = key_for("bob");
  facts.answer(revoke_key{second.key}).value();
  facts.answer(authenticate_key{sha256(first.text)}).value();
  auto all = facts.answer(list_keys{});
  CAF_REQUIRE(all);
  CAF_REQUIRE_EQUAL(all->keys.size(), 2u); // newest first
  CAF_CHECK_EQUAL(all->keys[0].user, "bob");
  CAF_CHECK(all->keys[0].standing == key_standing::revoked);
  CAF_CHECK(all->keys[0].last_used == wall_time{});
  CAF_CHECK_EQUAL(all->keys[1].label, "laptop");
  CAF_CHECK(first.text.starts_with(all->keys[1].shown_prefix));
  CAF_CHECK(all->keys[1].last_used > wall_time{});
  CAF_CHECK(facts.answer(list_keys{"ada"})->keys.size() == 1u);
  CAF_CHECK_EQUAL(code_of(facts.answer(list_keys{"nobody"})), errc::api_not_found);
}

CAF_TEST(users have names of their own) {
  user("ada");
  CAF_CHECK_EQUAL(code_of(facts.answer(create_user{"ada"})), errc::api_bad_request);
  for (const auto* name : {"", "Ada", "a b", "-a", "a'; DROP TABLE accounts; --"})
    CAF_CHECK_EQUAL(code_of(facts.answer(create_user{name})), errc::api_bad_request);
  CAF_CHECK_EQUAL(code_of(facts.answer(create_user{std::string(64, 'a')})), errc::api_bad_request);
  CAF_CHECK_EQUAL(code_of(issue_key(facts, "nobody", "")), errc::api_not_found);
  CAF_CHECK_EQUAL(code_of(issue_key(facts, "ada", std::string(101, 'x'))), errc::api_bad_request);
}

CAF_TEST(the admin of a development server keeps his key while it is good) {
  auto first = ensure_admin_key(facts, "");
  CAF_REQUIRE(first);
  CAF_CHECK(ensure_admin_key(facts, *first).value() == *first);
  auto owner = facts.answer(authenticate_key{sha256(*first)});
  CAF_REQUIRE(owner);
  CAF_CHECK(owner->role == account_role::admin);
  facts.answer(revoke_key{owner->key}).value();
  CAF_CHECK(ensure_admin_key(facts, *first).value() != *first);
}

CAF_TEST(a name belongs to one account while it is held) {
  auto ada = user("ada");
  auto bob = user("bob");
  CAF_CHECK(!try_claim(ada, shop));
  CAF_CHECK(!try_claim(ada, shop)); // its own
  CAF_CHECK(try_claim(bob, shop) == errc::name_taken);
  CAF_CHECK(!try_claim(ada, port));
  CAF_CHECK(try_claim(bob, port) == errc::port_taken);
}

CAF_TEST(a name is free again when its hold is over) {
  auto ada = user("ada");
  auto bob = user("bob");
  CAF_CHECK(!try_claim(ada, shop));
  let_holds_end();
  CAF_CHECK(!try_claim(bob, shop));
  CAF_CHECK(try_claim(ada, shop) == errc::name_taken);
}

CAF_TEST(extending is for the account that has it) {
  auto ada = user("ada");
  auto bob = user("bob");
  CAF_CHECK(!try_claim(ada, shop));
  let_holds_end();
  CAF_CHECK(facts.answer(extend_claims{{{ada, shop, an_hour}}}));
  CAF_CHECK(try_claim(bob, shop) == errc::name_taken);
  let_holds_end();
  CAF_CHECK(facts.answer(extend_claims{{{bob, shop, an_hour}}})); // not his: nothing happens
  CAF_CHECK(!try_claim(bob, shop));
  CAF_CHECK(facts.answer(extend_claims{{{ada, shop, seconds{0}}}}));
  CAF_CHECK(try_claim(ada, shop) == errc::name_taken);
}

CAF_TEST(a claim that is given up is free at once) {
  auto ada = user("ada");
  auto bob = user("bob");
  CAF_CHECK(!try_claim(ada, shop));
  CAF_CHECK(facts.answer(extend_claims{{{ada, shop, seconds{0}}}}));
  CAF_CHECK(!try_claim(bob, shop));
}

CAF_TEST(a reserved name stays with its account whether it is used or not ) {
  auto ada = user("ada");
  auto bob = user("bob");
  CAF_CHECK(facts.answer(reserve_name{"ada", "Shop"}));
  CAF_CHECK(facts.answer(reserve_name{"ada", "shop"})); // its own
  CAF_CHECK(try_claim(bob, shop) == errc::name_reserved);
  CAF_CHECK(!try_claim(ada, shop));
  CAF_CHECK(facts.answer(extend_claims{{{ada, shop, seconds{0}}}}));
  let_holds_end();
  CAF_CHECK(try_claim(bob, shop) == errc::name_reserved);
  CAF_CHECK_EQUAL(code_of(facts.answer(reserve_name{"bob", "shop"})), errc::name_reserved);
}

CAF_TEST(what somebody holds cannot be reserved by another) {
  auto ada = user("ada");
  user("bob");
  CAF_CHECK(!try_claim(ada, shop));
  CAF_CHECK_EQUAL(code_of(facts.answer(reserve_name{"bob", "shop"})), errc::name_taken);
  CAF_CHECK(facts.answer(reserve_name{"ada", "shop"}));
  CAF_CHECK_EQUAL(code_of(facts.answer(reserve_name{"nobody", "other"})), errc::api_not_found);
  CAF_CHECK_EQUAL(code_of(facts.answer(reserve_name{"bob", "-x"})), errc::name_invalid);
  CAF_CHECK_EQUAL(code_of(facts.answer(reserve_name{"bob", "api"})), errc::name_reserved);
}

CAF_TEST(of accounts that ask at once one gets the name) {
  std::vector<account_id> users;
  for (int i = 0; i < 8; ++i)
    users.push_back(user("user" + std::to_string(i)));
  for (int round = 0; round < 5; ++round) {
    claim_key wanted{.name = "race" + std::to_string(round)};
    std::vector<std::future<bool>> attempts;
    for (auto who : users)
      attempts.push_back(std::async(std::launch::async, [this, who, wanted] {
        ledger own{settings}; // a connection of its own
        return own.answer(claim{who, wanted, an_hour}).has_value();
      }));
    auto winners = 0;
    for (auto& each : attempts)
      winners += each.get() ? 1 : 0;
    CAF_CHECK_EQUAL(winners, 1);
  }
}

CAF_TEST(an account holds so many names and so many ports and no more) {
  auto ada = user("ada");
  auto bob = user("bob");
  ledger strict{settings, {.names_max = 2, .ports_max = 1}};
  auto claim_of = [&](account_id who, const claim_key& key) {
    return strict.answer(claim{who, key, an_hour});
  };
  CAF_CHECK(claim_of(ada, {.name = "one"}));
  CAF_CHECK(claim_of(ada, {.name = "two"}));
  auto refused = claim_of(ada, {.name = "three"});
  CAF_CHECK_EQUAL(code_of(refused), errc::too_many_claims);
  CAF_CHECK_EQUAL(refused.error().detail, "at most 2 names");
  CAF_CHECK(claim_of(ada, {.name = "one"})); // its own
  CAF_CHECK(claim_of(ada, port));
  CAF_CHECK_EQUAL(code_of(claim_of(ada, {.port = 10002})), errc::too_many_claims);
  CAF_CHECK(claim_of(bob, {.name = "three"})); // another account's do not count
  CAF_CHECK_EQUAL(code_of(claim_of(ada, {.name = "three"})), errc::name_taken);
  CAF_CHECK_EQUAL(read_sql(settings, "SELECT count(*) FROM claims"), "4");
}

CAF_TEST(holds that ended and reserved names are not counted) {
  auto ada = user("ada");
  ledger strict{settings, {.names_max = 1}};
  CAF_CHECK(strict.answer(claim{ada, {.name = "old"}, an_hour}));
  let_holds_end();
  CAF_CHECK(strict.answer(claim{ada, shop, an_hour}));
  CAF_CHECK_EQUAL(code_of(strict.answer(claim{ada, {.name = "old"}, an_hour})),
                  errc::too_many_claims);
  CAF_CHECK(facts.answer(reserve_name{"ada", "mine"}));
  CAF_CHECK(strict.answer(claim{ada, {.name = "mine"}, an_hour}));
  CAF_CHECK(facts.answer(reserve_name{"ada", "shop"})); // what is reserved makes room
  CAF_CHECK(strict.answer(claim{ada, {.name = "old"}, an_hour}));
}

CAF_TEST(an account that asks at many places at once gets no more than it may) {
  auto ada = user("ada");
  for (int round = 0; round < 5; ++round) {
    std::vector<std::future<bool>> attempts;
    for (int i = 0; i < 8; ++i)
      attempts.push_back(std::async(std::launch::async, [this, ada, round, i] {
        ledger own{settings, {.ports_max = 3}};
        claim_key wanted{.port = static_cast<std::uint16_t>(10000 + round * 100 + i)};
        return own.answer(claim{ada, wanted, an_hour}).has_value();
      }));
    auto winners = 0;
    for (auto& each : attempts)
      winners += each.get() ? 1 : 0;
    CAF_CHECK_EQUAL(winners, 3);
    let_holds_end();
  }
}

CAF_TEST(holds that ended long ago are swept away) {
  auto ada = user("ada");
  CAF_CHECK(!try_claim(ada, shop));
  run_sql(settings, "UPDATE claims SET held_until = now() - interval '2 hours'");
  CAF_CHECK(facts.answer(extend_claims{}));
  CAF_CHECK_EQUAL(read_sql(settings, "SELECT count(*) FROM claims"), "0");
}

CAF_TEST(what is in use is held again after it was swept away) {
  auto ada = user("ada");
  auto bob = user("bob");
  CAF_CHECK(!try_claim(ada, shop));
  run_sql(settings, "UPDATE claims SET held_until = now() - interval '2 hours'");
  CAF_CHECK(facts.answer(extend_claims{{{bob, port, an_hour}}})); // another session's, and a sweep
  CAF_CHECK(facts.answer(extend_claims{{{ada, shop, an_hour}}}));
  CAF_CHECK(try_claim(bob, shop) == errc::name_taken);
}

CAF_TEST(a connection that was cut is replaced within the question) {
  user("ada");
  cut_connections();
  CAF_CHECK(facts.answer(create_user{"bob"}));
  CAF_CHECK(facts.answer(probe_store{}));
}

CAF_TEST(a statement that takes too long is given up) {
  auto hasty = settings;
  hasty.statement_timeout = milliseconds{100};
  auto ada = user("ada");
  CAF_CHECK(!try_claim(ada, shop));
  ledger impatient{hasty};
  CAF_CHECK(impatient.answer(probe_store{}));
  cut_connections(); // the next one is no more patient
  CAF_CHECK(impatient.answer(probe_store{}));
  std::promise<void> locked;
  std::promise<void> enough;
  auto blocker = std::async(std::launch::async, [&] {
    ledger_lock lock{settings, "LOCK TABLE claims"};
    locked.set_value();
    enough.get_future().wait();
  });
  locked.get_future().wait();
  CAF_CHECK_EQUAL(code_of(impatient.answer(claim{ada, shop, an_hour})), errc::database_unavailable);
  enough.set_value();
  blocker.get();
  CAF_CHECK(impatient.answer(claim{ada, shop, an_hour}));
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(a database that is away is said at once and found when it is back) {
  scratch_directory place;
  std::string target;
  {
    auto server = private_postgres::start(place.path());
    CAF_REQUIRE(server);
    target = server->connection_string();
  }
  database_settings settings{.connection_string = target};
  settings.reconnect = {.first = milliseconds{20}, .ceiling = milliseconds{50}};
  ledger facts{settings};
  CAF_CHECK_EQUAL(code_of(facts.answer(probe_store{})), errc::database_unavailable);
  auto server = private_postgres::start(place.path());
  CAF_REQUIRE(server);
  auto deadline = std::chrono::steady_clock::now() + seconds{10};
  auto is_back = false;
  while (!is_back && std::chrono::steady_clock::now() < deadline) {
    is_back = facts.answer(probe_store{}).has_value();
    std::this_thread::yield();
  }
  CAF_CHECK(is_back);
  server->stop();
  CAF_CHECK_EQUAL(code_of(facts.answer(probe_store{})), errc::database_unavailable);
}

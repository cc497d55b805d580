#include "nodes/control/ledger.hpp"

#include "nodes/control/secrets.hpp"
#include "nodes/control/sql/database.hpp"
#include "nodes/control/sql/topics.hpp"

#include <utility>

namespace serverme::control {

namespace {

constexpr auto admin_name = "admin";

void prepare_all(pqxx::connection& connection) {
  sql::prepare_accounts(connection);
  sql::prepare_keys(connection);
  sql::prepare_claims(connection);
}

} // namespace

struct ledger::state {
  state(database_settings settings, claim_limits claims)
    : base{std::move(settings), prepare_all}, limits{claims} {}

  template <class Reply, class Question>
  result<Reply> answer(const Question& ask) {
    return base.transact<Reply>([&ask](pqxx::work& work) { return sql::answer(work, ask); });
  }

  sql::database base;
  const claim_limits limits;
};

ledger::ledger(database_settings settings, claim_limits limits)
  : state_{std::make_unique<state>(std::move(settings), limits)} {}
ledger::~ledger() = default;

result<key_owner> ledger::answer(const authenticate_key& ask) {
  return state_->answer<key_owner>(ask);
}

result<key_owners> ledger::answer(const authenticate_keys& ask) {
  return state_->answer<key_owners>(ask);
}

result<good_keys> ledger::answer(const check_keys& ask) { return state_->answer<good_keys>(ask); }

result<user_created> ledger::answer(const create_user& ask) {
  return state_->answer<user_created>(ask);
}

result<key_created> ledger::answer(const create_key& ask) {
  return state_->answer<key_created>(ask);
}

result<key_list> ledger::answer(const list_keys& ask) { return state_->answer<key_list>(ask); }

result<key_revoked> ledger::answer(const revoke_key& ask) {
  return state_->answer<key_revoked>(ask);
}

result<claimed> ledger::answer(const claim& ask) {
  return state_->base.transact<claimed>(
    [&](pqxx::work& work) { return sql::answer(work, ask, state_->limits); });
}

result<done> ledger::answer(const extend_claims& order) { return state_->answer<done>(order); }

result<name_reserved> ledger::answer(const reserve_name& ask) {
  return state_->answer<name_reserved>(ask);
}

result<store_ready> ledger::answer(const probe_store&) {
  return state_->base.transact<store_ready>([](pqxx::work& work) -> result<store_ready> {
    work.exec("SELECT 1");
    return store_ready{};
  });
}

result<issued_key> issue_key(ledger& facts, const std::string& user, const std::string& label) {
  auto key = make_api_key();
  auto made = facts.answer(create_key{user, label, key.hash, key.shown_prefix});
  if (!made)
    return fail(made.error());
  return issued_key{made->key, made->account, std::move(key.text)};
}

result<std::string> ensure_admin_key(ledger& facts, const std::string& current) {
  auto owner = facts.answer(authenticate_key{sha256(current)});
  if (owner && owner->role == account_role::admin)
    return current;
  if (!owner && owner.error().code != errc::key_invalid)
    return fail(owner.error());
  auto made = facts.answer(create_user{admin_name, account_role::admin});
  if (!made && made.error().code != errc::api_bad_request) // that is: there is one already
    return fail(made.error());
  auto key = issue_key(facts, admin_name, "servermed dev");
  if (!key)
    return fail(key.error());
  return std::move(key->text);
}

} // namespace serverme::control

// Accounts in SQL.
#include "nodes/control/sql/database.hpp"
#include "nodes/control/sql/topics.hpp"

#include <algorithm>
#include <string_view>

namespace serverme::control::sql {

namespace {

constexpr std::size_t name_length_max = 63;

/// The rule that the table checks too.
bool is_account_name(std::string_view name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::string_view marks = "._@+-";
  return !name.empty() && name.size() <= name_length_max
         && letters.find(name.front()) != std::string_view::npos
         && std::all_of(name.begin(), name.end(), [&](char each) {
              return letters.find(each) != std::string_view::npos
                     || marks.find(each) != std::string_view::npos;
            });
}

} // namespace

void prepare_accounts(pqxx::connection& connection) {
  connection.prepare("create_account", R"(
    INSERT INTO accounts (name, role) VALUES ($1, $2)
    ON CONFLICT (name) DO NOTHING
    RETURNING id)");
  connection.prepare("find_account", "SELECT id FROM accounts WHERE name = $1");
}

result<user_created> answer(pqxx::work& work, const create_user& ask) {
  if (!is_account_name(ask.name))
    return fail(errc::api_bad_request, "a user name has 1 to 63 of a-z, 0-9 and ._@+- and starts "
                                       "with a letter or digit");
  auto rows = run(work, "create_account", ask.name,
                  std::string{ask.role == account_role::admin ? "admin" : "member"});
  if (rows.empty())
    return fail(errc::api_bad_request, "there is a user " + ask.name + " already");
  return user_created{{rows[0][0].as<std::int64_t>()}};
}

result<account_id> find_account(pqxx::work& work, const std::string& name) {
  auto rows = run(work, "find_account", name);
  if (rows.empty())
    return fail(errc::api_not_found, "user " + name);
  return account_id{rows[0][0].as<std::int64_t>()};
}

} // namespace serverme::control::sql

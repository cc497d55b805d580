// `servermed user`, `servermed key` and `servermed name`: who may use this server, and as what.
#include "nodes/control/ledger.hpp"
#include "nodes/control/migrate.hpp"
#include "nodes/servermed/commands/answer.hpp"
#include "nodes/servermed/commands/commands.hpp"
#include "nodes/servermed/commands/table.hpp"
#include "nodes/servermed/database_access.hpp"
#include "nodes/servermed/utc_time.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <sstream>

namespace serverme::servermed {

namespace {

struct account_options {
  database_options database;
  bool as_json = false;
  std::string user, label, name;
  std::int64_t key = 0;
  bool is_admin = false;
};

using question = result<answer> (*)(control::ledger&, const account_options&);

int ask(const account_options& options, question what) {
  auto database = database_access::open(options.database);
  if (!database)
    return report(database.error());
  // A database that no node has used yet has no tables.
  if (auto applied = control::migrate(database->settings()); !applied)
    return report(applied.error());
  control::ledger facts{database->settings()};
  auto told = what(facts, options);
  if (!told)
    return report(told.error());
  return tell(*told, options.as_json);
}

std::shared_ptr<account_options> add_command(CLI::App& group, const run_later& run,
                                             const char* name, const char* purpose, question what,
                                             CLI::App*& command) {
  auto options = std::make_shared<account_options>();
  command = group.add_subcommand(name, purpose);
  add_database_options(*command, options->database);
  command->add_flag("--json", options->as_json, "Answer in JSON");
  command->callback([run, options, what] { run([options, what] { return ask(*options, what); }); });
  return options;
}

result<answer> create_a_user(control::ledger& facts, const account_options& options) {
  auto role = options.is_admin ? account_role::admin : account_role::member;
  auto made = facts.answer(create_user{options.name, role});
  if (!made)
    return fail(made.error());
  return answer{{{"id", std::to_string(made->account.value)}, {"user", options.name}},
                "User " + options.name
                  + " was created.\nA key for it:\n  servermed key create --user " + options.name
                  + "\n"};
}

result<answer> create_a_key(control::ledger& facts, const account_options& options) {
  auto made = control::issue_key(facts, options.user, options.label);
  if (!made)
    return fail(made.error());
  return answer{{{"id", std::to_string(made->key.value)},
                 {"user", options.user},
                 {"label", options.label},
                 {"key", made->text}},
                made->text + "\n\nKey " + std::to_string(made->key.value) + " of " + options.user
                  + ". It is not shown again. On the agent's machine:\n  serverme authtoken "
                  + made->text + "\n"};
}

std::string_view to_string(key_standing standing) {
  return standing == key_standing::good ? "good" : "revoked";
}

result<answer> list_the_keys(control::ledger& facts, const account_options& options) {
  auto found = facts.answer(list_keys{options.user});
  if (!found)
    return fail(found.error());
  auto all = json::array();
  table rows{{"ID", "USER", "LABEL", "KEY", "CREATED", "LAST USED", "STATE"}};
  for (const auto& each : found->keys) {
    auto was_used = each.last_used != wall_time{};
    auto used = was_used ? utc_time(each.last_used) : std::string{"never"};
    auto id = std::to_string(each.key.value);
    std::string standing{to_string(each.standing)};
    all.push_back({{"id", id},
                   {"user", each.user},
                   {"label", each.label},
                   {"prefix", each.shown_prefix},
                   {"created", utc_time(each.created)},
                   {"last_used", was_used ? json(used) : json(nullptr)},
                   {"state", standing}});
    rows.add({id, each.user, each.label, each.shown_prefix + "...", utc_time(each.created), used,
              standing});
  }
  std::ostringstream text;
  rows.print(text);
  return answer{std::move(all), text.str()};
}

result<answer> revoke_a_key(control::ledger& facts, const account_options& options) {
  auto revoked = facts.answer(revoke_key{{options.key}});
  if (!revoked)
    return fail(revoked.error());
  auto id = std::to_string(options.key);
  return answer{{{"id", id}, {"state", "revoked"}},
                "Key " + id + " is revoked. Its sessions end within 5 s.\n"};
}

result<answer> reserve_a_name(control::ledger& facts, const account_options& options) {
  auto reserved = facts.answer(reserve_name{options.user, options.name});
  if (!reserved)
    return fail(reserved.error());
  return answer{{{"name", reserved->name}, {"user", options.user}},
                "The name " + reserved->name + " is set aside for " + options.user + ".\n"};
}

} // namespace

void add_user(CLI::App& app, const run_later& run) {
  auto* group = app.add_subcommand("user", "Users of this server")->require_subcommand(1);
  CLI::App* command = nullptr;
  auto options = add_command(*group, run, "create", "Create a user", create_a_user, command);
  command->add_option("name", options->name, "Letters, digits, '.', '-' and '_'")->required();
  command->add_flag("--admin", options->is_admin, "Sees and ends everybody's tunnels");
}

void add_key(CLI::App& app, const run_later& run) {
  auto* group = app.add_subcommand("key", "API keys of users")->require_subcommand(1);
  CLI::App* command = nullptr;
  auto made = add_command(*group, run, "create", "Create a key", create_a_key, command);
  command->add_option("--user", made->user, "Whose")->required();
  command->add_option("--label", made->label, "What it is for, such as \"laptop\"");
  auto listed
    = add_command(*group, run, "list", "List keys, without their secrets", list_the_keys, command);
  command->add_option("--user", listed->user, "Only this user's");
  auto revoked = add_command(*group, run, "revoke", "Revoke a key; its sessions end within 5 s",
                             revoke_a_key, command);
  command->add_option("id", revoked->key, "Its number in `servermed key list`")->required();
}

void add_name(CLI::App& app, const run_later& run) {
  auto* group = app.add_subcommand("name", "Names of tunnels")->require_subcommand(1);
  CLI::App* command = nullptr;
  auto options
    = add_command(*group, run, "reserve", "Set a name aside for a user", reserve_a_name, command);
  command->add_option("name", options->name, "The label in front of the domain")->required();
  command->add_option("--user", options->user, "For whom")->required();
}

} // namespace serverme::servermed

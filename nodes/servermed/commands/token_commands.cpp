// `servermed token`: who is invited into the cluster.
#include "net/cluster/join_tls.hpp"
#include "net/digest.hpp"
#include "nodes/control/secrets.hpp"
#include "nodes/servermed/commands/cluster_command.hpp"
#include "nodes/servermed/commands/table.hpp"
#include "nodes/servermed/utc_time.hpp"
#include "protocol/cluster/join_token.hpp"
#include "protocol/quantity.hpp"

#include <memory>
#include <sstream>

namespace serverme::servermed {

namespace {

struct token_options {
  database_options database;
  bool as_json = false;
  std::vector<std::string> roles, addresses;
  std::string lifetime = "1h", label;
  std::uint32_t uses = 1;
  std::int64_t token = 0;
};

std::string_view to_string(control::token_standing standing) {
  switch (standing) {
    case control::token_standing::used: return "used";
    case control::token_standing::expired: return "expired";
    case control::token_standing::revoked: return "revoked";
    case control::token_standing::good: break;
  }
  return "good";
}

/// Those that were said, else those of the control nodes.
result<std::vector<node_address>> addresses_of(control::cluster_ledger& facts,
                                               const std::vector<std::string>& said) {
  auto texts = said;
  if (texts.empty()) {
    auto ways = facts.answer(control::list_ways{});
    if (!ways)
      return fail(ways.error());
    texts = std::move(ways->joins);
  }
  std::vector<node_address> addresses;
  for (const auto& text : texts) {
    auto address = parse_node_address(text, default_join_port);
    if (!address)
      return fail(errc::config_invalid, "--address: '" + text + "' is no HOST:PORT");
    addresses.push_back(*std::move(address));
  }
  if (addresses.empty())
    return fail(errc::config_invalid,
                "no control node lets nodes join: start one, or say --address");
  if (addresses.size() > join_token::addresses_max)
    addresses.resize(join_token::addresses_max);
  return addresses;
}

result<join_token> new_token(control::cluster_ledger& facts, const token_options& options) {
  auto cluster = facts.answer(control::get_cluster{});
  if (!cluster)
    return fail(cluster.error());
  auto fingerprint = net::certificate_fingerprint(cluster->ca_certificate);
  if (!fingerprint)
    return fail(fingerprint.error());
  auto addresses = addresses_of(facts, options.addresses);
  if (!addresses)
    return fail(addresses.error());
  return join_token{*std::move(fingerprint), control::random_bytes(join_token::secret_bytes),
                    *std::move(addresses)};
}

result<answer> create_a_token(control::cluster_ledger& facts, const token_options& options) {
  auto roles = parse_roles(options.roles);
  if (!roles)
    return fail(roles.error());
  auto lifetime = parse_duration(options.lifetime);
  if (!lifetime)
    return fail(errc::config_invalid, "--ttl: " + lifetime.error().detail);
  auto token = new_token(facts, options);
  if (!token)
    return fail(token.error());
  auto made = facts.answer(control::create_token{.secret_hash = net::sha256(token->secret),
                                                 .roles = *roles,
                                                 .lifetime = std::chrono::ceil<seconds>(*lifetime),
                                                 .uses = options.uses,
                                                 .label = options.label});
  if (!made)
    return fail(made.error());
  auto id = std::to_string(made->token.value);
  auto text = serverme::to_string(*token);
  return answer{{{"id", id},
                 {"roles", serverme::to_string(*roles)},
                 {"uses", options.uses},
                 {"expires", utc_time(made->expires)},
                 {"token", text}},
                text + "\n\nToken " + id + " for " + serverme::to_string(*roles) + ", good until "
                  + utc_time(made->expires)
                  + ". It is not shown again. On the new machine:\n"
                    "  servermed join --data-dir DIR --token "
                  + text + "\n"};
}

result<answer> list_the_tokens(control::cluster_ledger& facts, const token_options&) {
  auto found = facts.answer(control::list_tokens{});
  if (!found)
    return fail(found.error());
  auto all = json::array();
  table rows{{"ID", "ROLES", "LABEL", "CREATED", "EXPIRES", "USES LEFT", "STATE"}};
  for (const auto& each : *found) {
    auto id = std::to_string(each.token.value), roles = serverme::to_string(each.roles);
    std::string standing{to_string(each.standing)};
    all.push_back({{"id", id},
                   {"roles", roles},
                   {"label", each.label},
                   {"created", utc_time(each.created)},
                   {"expires", utc_time(each.expires)},
                   {"uses_left", each.uses_left},
                   {"state", standing}});
    rows.add({id, roles, each.label, utc_time(each.created), utc_time(each.expires),
              std::to_string(each.uses_left), standing});
  }
  std::ostringstream text;
  rows.print(text);
  return answer{std::move(all), text.str()};
}

result<answer> revoke_a_token(control::cluster_ledger& facts, const token_options& options) {
  if (auto revoked = facts.answer(control::revoke_token{{options.token}}); !revoked)
    return fail(revoked.error());
  auto id = std::to_string(options.token);
  return answer{{{"id", id}, {"state", "revoked"}},
                "Token " + id + " is revoked. Nodes that joined with it stay.\n"};
}

} // namespace

void add_token(CLI::App& app, const run_later& run) {
  auto* group = app.add_subcommand("token", "Join tokens for new nodes")->require_subcommand(1);
  CLI::App* command = nullptr;
  auto made = add_cluster_command<token_options>(*group, run, "create", "Invite a node",
                                                 create_a_token, command);
  add_role_option(*command, made->roles, "What it may become");
  command->get_option("--role")->required();
  command->add_option("--ttl", made->lifetime, "How long it is good, such as 30m or 2d")
    ->type_name("TIME");
  command->add_option("--uses", made->uses, "How many nodes may join with it")->type_name("N");
  command->add_option("--label", made->label, "What it is for, such as \"rack 3\"");
  command
    ->add_option("--address", made->addresses,
                 "Where it leads; the control nodes' own addresses without it")
    ->type_name("HOST:PORT");
  add_cluster_command<token_options>(*group, run, "list", "List tokens, without their secrets",
                                     list_the_tokens, command);
  auto revoked = add_cluster_command<token_options>(
    *group, run, "revoke", "Take an invitation back", revoke_a_token, command);
  command->add_option("id", revoked->token, "Its number in `servermed token list`")->required();
}

} // namespace serverme::servermed

#include "cli/commands/command_line.hpp"

#include "cli/commands/command_grammar.hpp"
#include "cli/config/tunnel_fields.hpp"
#include "cli/output/failure_text.hpp"
#include "config/misuse.hpp"

#include <algorithm>
#include <sstream>

namespace serverme::cli {

namespace {

printed_answer misuse(const std::string& where, const std::string& reason) {
  return {exit_code::usage, "", "serverme: " + shown(reason) + "\n  See `" + where + " --help`.\n"};
}

printed_answer explain_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    std::ostringstream out, err;
    app.exit(error, out, err);
    return {exit_code::success, out.str(), err.str()};
  }
  return misuse(config::typed_command(app), config::misuse_reason(app, error));
}

/// @returns the plan, or why an option's value will not do
std::variant<command, printed_answer> make_tunnel(const typed_words& words,
                                                  const std::string& type) {
  auto where = "serverme " + type;
  tunnel_plan plan{.endpoint = {.kind = parse_tunnel_type(type).value_or(endpoint_kind::http)}};
  if (auto local = set_tunnel_field(plan, "local", words.local); !local)
    return printed_answer{exit_code::usage, "", "serverme: " + explain(local.error())};
  for (const auto& [field, value] : words.fields) {
    auto outcome = set_tunnel_field(plan, field, value);
    if (outcome)
      continue;
    auto option = "--" + field;
    std::ranges::replace(option, '_', '-');
    const auto& why = outcome.error();
    return misuse(where,
                  option + ": " + (why.code == errc::config_invalid ? why.detail : to_string(why)));
  }
  if (words.no_inspect)
    plan.endpoint.inspect = inspection::off;
  return open_tunnel{std::move(plan)};
}

command make_other(const typed_words& words, const std::string& name, const std::string& inner) {
  auto form = words.json ? report_form::json : report_form::table;
  if (name == "start")
    return start_tunnels{words.titles};
  if (name == "status")
    return show_status{form};
  if (name == "authtoken")
    return store_token{words.token};
  if (name == "doctor")
    return diagnose{words.local.empty() ? std::nullopt : std::optional{words.local}, form};
  if (name == "completion")
    return print_completion{words.shell};
  if (name != "config")
    return show_version{};
  if (inner == "check")
    return check_config{};
  return inner == "edit" ? command{edit_config{}} : command{show_config_path{}};
}

log_format parse_format(const std::string& text) {
  if (text == "json")
    return log_format::json;
  return text == "plain" ? log_format::plain : log_format::automatic;
}

} // namespace

parsed_command_line parse_command_line(const std::vector<std::string>& words) {
  typed_words typed;
  auto app = make_grammar(typed);
  try {
    app->parse(std::vector<std::string>{words.rbegin(), words.rend()});
  } catch (const CLI::ParseError& error) {
    return explain_error(*app, error);
  }
  auto chosen = app->get_subcommands();
  if (chosen.empty())
    return printed_answer{exit_code::usage, app->help(), ""};
  typed.globals.format = parse_format(typed.format);
  auto name = chosen.front()->get_name();
  if (parse_tunnel_type(name)) {
    auto made = make_tunnel(typed, name);
    if (auto* refused = std::get_if<printed_answer>(&made))
      return std::move(*refused);
    return invocation{typed.globals, std::move(std::get<command>(made))};
  }
  auto inner = chosen.front()->get_subcommands();
  return invocation{typed.globals,
                    make_other(typed, name, inner.empty() ? "" : inner.front()->get_name())};
}

command_catalogue list_commands() {
  typed_words typed;
  auto app = make_grammar(typed);
  command_catalogue all{.global_options = config::option_names(*app)};
  for (const auto* each : app->get_subcommands([](const CLI::App*) { return true; })) {
    all.commands.push_back(
      {each->get_name(), each->get_description(), config::option_names(*each)});
    for (const auto* inner : each->get_subcommands([](const CLI::App*) { return true; }))
      all.commands.push_back({each->get_name() + " " + inner->get_name(), inner->get_description(),
                              config::option_names(*inner)});
  }
  return all;
}

} // namespace serverme::cli

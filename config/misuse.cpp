#include "config/misuse.hpp"

#include "config/suggestion.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace serverme::config {

namespace {

using words = std::vector<std::string>;

words inner_commands(const CLI::App& command) {
  words names;
  for (const auto* each : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(each->get_name());
  return names;
}

const CLI::App& deepest(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest(*chosen.front());
}

std::string suggestion(const std::string& word, const words& known) {
  std::vector<std::string_view> views{known.begin(), known.end()};
  return did_you_mean(word, views);
}

/// "bash, zsh or fish".
std::string alternatives(const words& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 < names.size() ? ", " : " or ") + names[i];
  return text;
}

// What the parser could not place.
std::string explain_extra(const CLI::App& app, const std::string& word) {
  const auto& where = deepest(app);
  if (word.starts_with("-")) {
    auto known = option_names(where);
    std::ranges::copy(option_names(app), std::back_inserter(known));
    return "unknown option '" + word + "'" + suggestion(word, known);
  }
  auto commands = inner_commands(where);
  if (commands.empty())
    return "'" + word + "' is one word too many";
  return "unknown command '" + word + "'" + suggestion(word, commands);
}

std::string explain_missing(const CLI::App& where, const std::string& otherwise) {
  for (const auto* option : where.get_options())
    if (option->get_required() && option->count() == 0)
      return option->get_name() + " is missing: " + option->get_description();
  auto commands = inner_commands(where);
  return commands.empty() ? otherwise : "a command is missing: " + alternatives(commands);
}

// "Could not convert: id = abc"; all that is converted here are numbers.
std::string explain_conversion(const std::string& said) {
  constexpr std::string_view before = "Could not convert: ", between = " = ";
  auto middle = said.find(between);
  if (!said.starts_with(before) || middle == std::string::npos)
    return said;
  return said.substr(before.size(), middle - before.size()) + ": '"
         + said.substr(middle + between.size()) + "' is no number";
}

} // namespace

std::string typed_command(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  return chosen.empty() ? app.get_name() : app.get_name() + " " + typed_command(*chosen.front());
}

std::vector<std::string> option_names(const CLI::App& command) {
  words names;
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames())
      names.push_back("--" + name);
  return names;
}

std::string misuse_reason(const CLI::App& app, const CLI::ParseError& why) {
  if (auto extra = app.remaining(true); !extra.empty())
    return explain_extra(app, extra.front());
  std::string said = why.what();
  switch (static_cast<CLI::ExitCodes>(why.get_exit_code())) {
    case CLI::ExitCodes::RequiredError: return explain_missing(deepest(app), said);
    // "--token: 1 required KEY missing"
    case CLI::ExitCodes::ArgumentMismatch: return said.substr(0, said.find(':')) + " needs a value";
    case CLI::ExitCodes::ConversionError: return explain_conversion(said);
    default: return said;
  }
}

CLI::Validator one_of(std::initializer_list<const char*> accepted) {
  auto check = [known = words{accepted.begin(), accepted.end()}](const std::string& word) {
    auto is_known = std::ranges::find(known, word) != known.end();
    return is_known ? std::string{} : alternatives(known) + ", not '" + word + "'";
  };
  return {check, ""};
}

} // namespace serverme::config

#include "cli/commands/completion_script.hpp"

namespace serverme::cli {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

// In single quotes; our own texts have none but in words like "Server's".
std::string quoted(const std::string& text) {
  std::string made = "'";
  for (char letter : text)
    made += letter == '\'' ? std::string{"'\\''"} : std::string{letter};
  return made + "'";
}

bool is_inner(const command_summary& command) {
  return command.name.find(' ') != std::string::npos;
}

std::string outer_of(const command_summary& command) {
  return command.name.substr(0, command.name.find(' '));
}

std::string inner_of(const command_summary& command) {
  return is_inner(command) ? command.name.substr(command.name.find(' ') + 1) : "";
}

/// What may come behind a command: its own commands, or its options.
std::vector<std::string> words_behind(const command_summary& command,
                                      const command_catalogue& all) {
  auto words = command.options;
  for (const auto& each : all.commands)
    if (is_inner(each) && outer_of(each) == command.name)
      words.push_back(inner_of(each));
  if (command.name == "completion")
    words.insert(words.end(), {"bash", "zsh", "fish"});
  return words;
}

std::string bash_script(const command_catalogue& all) {
  std::vector<std::string> names;
  std::string cases;
  for (const auto& each : all.commands) {
    if (is_inner(each))
      continue;
    names.push_back(each.name);
    cases += "    " + each.name + ") words='" + joined(words_behind(each, all)) + "' ;;\n";
  }
  return R"(# bash completion of serverme:  source <(serverme completion bash)
_serverme() {
  local current=${COMP_WORDS[COMP_CWORD]} word command= words=
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " )"
         + joined(names) + R"( " in *" $word "*) command=$word; break ;; esac
  done
  case $command in
)" + cases
         + "    *) words='" + joined(names) + "' ;;\n  esac\n  COMPREPLY=($(compgen -W \"$words "
         + joined(all.global_options) + R"(" -- "$current"))
}
complete -o default -F _serverme serverme
)";
}

std::string zsh_script(const command_catalogue& all) {
  std::string commands, cases;
  for (const auto& each : all.commands) {
    if (is_inner(each))
      continue;
    commands += "    " + quoted(each.name + ":" + each.purpose) + "\n";
    cases += "    " + each.name + ") found=(" + joined(words_behind(each, all)) + ") ;;\n";
  }
  return R"(#compdef serverme
# zsh completion of serverme:  serverme completion zsh > "${fpath[1]}/_serverme"
_serverme() {
  local -a commands found options
  commands=(
)" + commands
         + "  )\n  options=(" + joined(all.global_options) + R"()
  local command=${words[(r)(${(j:|:)${commands%%:*}})]}
  case $command in
)" + cases
         + R"(    *) _describe command commands; compadd -- $options; return ;;
  esac
  compadd -- $found $options
  _files
}
)" + "_serverme \"$@\"\n";
}

std::string fish_script(const command_catalogue& all) {
  std::string script = "# fish completion of serverme:  serverme completion fish | source\n";
  auto add = [&script](const std::string& condition, const std::string& what) {
    script += "complete -c serverme" + (condition.empty() ? "" : " -n " + quoted(condition)) + " "
              + what + "\n";
  };
  for (const auto& option : all.global_options)
    add("", "-l " + option.substr(2));
  for (const auto& each : all.commands) {
    auto purpose = " -d " + quoted(each.purpose);
    if (is_inner(each))
      add("__fish_seen_subcommand_from " + outer_of(each), "-f -a " + inner_of(each) + purpose);
    else
      add("__fish_use_subcommand", "-f -a " + each.name + purpose);
    for (const auto& option : each.options)
      if (!is_inner(each))
        add("__fish_seen_subcommand_from " + each.name, "-l " + option.substr(2));
  }
  add("__fish_seen_subcommand_from completion", "-f -a 'bash zsh fish'");
  return script;
}

} // namespace

std::string completion_script(std::string_view shell, const command_catalogue& commands) {
  if (shell == "bash")
    return bash_script(commands);
  if (shell == "zsh")
    return zsh_script(commands);
  return shell == "fish" ? fish_script(commands) : std::string{};
}

} // namespace serverme::cli

// serverme authtoken: the key goes into the configuration file, for its owner's eyes only.
#include "cli/commands/commands.hpp"
#include "cli/config/config_storage.hpp"

#include <termios.h>
#include <unistd.h>

#include <iostream>

namespace serverme::cli {

namespace {

/// One line of the standard input. On a terminal it is asked for and not echoed.
std::string read_token() {
  std::string token;
  termios found{};
  auto is_terminal = ::tcgetattr(STDIN_FILENO, &found) == 0;
  if (is_terminal) {
    auto silent = found;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    print_error("Key (it is not shown): ");
  }
  std::getline(std::cin, token);
  if (is_terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &found);
    print_error("\n");
  }
  // Pasted, or from a file that another system wrote.
  token.erase(token.find_last_not_of(" \t\r") + 1);
  return token;
}

} // namespace

exit_code run(const store_token& what, const global_options& given) {
  auto token = what.token.empty() || what.token == "-" ? read_token() : what.token;
  if (!is_token(token)) {
    print_error(std::string{"serverme: "} + (token.empty() ? "no key was given" : "that is no key")
                + "\n  A key looks like sm_live_...; `servermed key create` makes one.\n");
    return exit_code::usage;
  }
  auto path = config_path(given, process_variable);
  auto stored = read_config(path);
  if (!stored)
    return give_up(stored.error());
  auto text = with_token(*stored ? (*stored)->text : "", token);
  if (!text)
    return give_up(text.error());
  if (auto written = write_config(path, *text); !written)
    return give_up(written.error());
  print("The key is stored in " + path.string() + "\n");
  return exit_code::success;
}

} // namespace serverme::cli

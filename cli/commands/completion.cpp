// serverme completion: a script for the user's shell.
#include "cli/commands/commands.hpp"
#include "cli/commands/completion_script.hpp"

namespace serverme::cli {

exit_code run(const print_completion& what, const global_options&) {
  print(completion_script(what.shell, list_commands()));
  return exit_code::success;
}

} // namespace serverme::cli

// serverme: the agent and its command line.
#include "cli/commands/commands.hpp"

#include <algorithm>

int main(int argc, char** argv) {
  return serverme::cli::run_command_line({argv + std::min(argc, 1), argv + argc});
}

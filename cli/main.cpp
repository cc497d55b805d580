// serverme: the agent and its command line.
#include "cli/commands/commands.hpp"
#include "net/descriptor_limit.hpp"
#include "net/heap.hpp"

#include <algorithm>

int main(int argc, char** argv) {
  serverme::net::return_large_buffers();
  serverme::net::raise_descriptor_limit();
  return serverme::cli::run_command_line({argv + std::min(argc, 1), argv + argc});
}

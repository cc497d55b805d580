// How a failure of a command is told.
#include "nodes/servermed/commands/commands.hpp"

#include <iostream>

namespace serverme::servermed {

int report(const failure& why) {
  // The reader of settings serves the agent too, whose advice would mislead an operator.
  auto code = why.code == errc::config_invalid ? errc::node_config_invalid : why.code;
  std::cerr << "servermed: " << to_string(failure{code, why.detail}) << "\n  "
            << describe(code).advice << '\n';
  auto is_usage = code == errc::node_config_invalid || code == errc::config_unreadable;
  return is_usage ? 2 : 1;
}

} // namespace serverme::servermed

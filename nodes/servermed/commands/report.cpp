// How a failure of a command is told.
#include "nodes/servermed/commands/commands.hpp"

#include <iostream>
#include <sstream>

namespace serverme::servermed {

int report(const failure& why) {
  // The reader of settings serves the agent too, whose advice would mislead an operator.
  auto code = why.code == errc::config_invalid ? errc::node_config_invalid : why.code;
  auto is_list = why.detail.find('\n') != std::string::npos;
  auto shown = failure{code, is_list ? "" : why.detail};
  std::cerr << "servermed: " << to_string(shown) << (is_list ? ":\n" : "\n");
  if (is_list) {
    std::istringstream mistakes{why.detail};
    for (std::string each; std::getline(mistakes, each);)
      std::cerr << "  " << each << '\n';
  }
  std::cerr << "  " << describe(code).advice << '\n';
  auto is_usage = code == errc::node_config_invalid || code == errc::config_unreadable;
  return is_usage ? 2 : 1;
}

} // namespace serverme::servermed

// serverme version.
#include "cli/commands/commands.hpp"
#include "protocol/lane/messages.hpp"

namespace serverme::cli {

std::string version_text() {
  return "serverme " SERVERME_VERSION " (lane protocol " + std::to_string(lane::version_max) + ")";
}

exit_code run(const show_version&, const global_options&) {
  print(version_text() + "\n");
  return exit_code::success;
}

} // namespace serverme::cli

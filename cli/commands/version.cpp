// serverme version.
#include "cli/commands/commands.hpp"
#include "protocol/lane/messages.hpp"

namespace serverme::cli {

exit_code run(const show_version&, const global_options&) {
  print("serverme " SERVERME_VERSION " (lane protocol " + std::to_string(lane::version_max)
        + ")\n");
  return exit_code::success;
}

} // namespace serverme::cli

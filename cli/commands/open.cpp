// serverme http, tcp and tls: one tunnel, described on the command line.
#include "cli/commands/agent_run.hpp"
#include "cli/commands/commands.hpp"

namespace serverme::cli {

exit_code run(const open_tunnel& what, const global_options& given) {
  auto found = load_settings(given, process_variable);
  if (!found)
    return give_up(found.error());
  auto config = make_agent_config(*found, {what.plan});
  if (!config)
    return give_up(config.error());
  return run_agent(std::move(*config), given.format);
}

} // namespace serverme::cli

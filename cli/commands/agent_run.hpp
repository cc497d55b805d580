// Runs an agent in the foreground until it ends or the user wants it to.
#pragma once

#include "cli/agent.hpp"
#include "cli/commands/exit_code.hpp"
#include "cli/config/settings.hpp"

namespace serverme::cli {

exit_code run_agent(agent_config config, log_format format);

} // namespace serverme::cli

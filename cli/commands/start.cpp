// serverme start: the tunnels of the configuration file, all or those that are named.
#include "cli/commands/agent_run.hpp"
#include "cli/commands/commands.hpp"
#include "config/suggestion.hpp"

#include <algorithm>

namespace serverme::cli {

namespace {

result<std::vector<tunnel_plan>> choose_tunnels(const settings& from,
                                                const std::vector<std::string>& titles) {
  if (from.tunnels.empty())
    return fail(errc::config_invalid,
                from.file.string() + " has no tunnels: `serverme config edit` adds some");
  if (titles.empty())
    return from.tunnels;
  std::vector<std::string_view> known;
  for (const auto& plan : from.tunnels)
    known.push_back(plan.title);
  std::vector<tunnel_plan> chosen;
  for (const auto& title : titles) {
    auto plan = std::ranges::find(from.tunnels, title, &tunnel_plan::title);
    if (plan == from.tunnels.end())
      return fail(errc::config_invalid, from.file.string() + " has no tunnel '" + title + "'"
                                          + config::did_you_mean(title, known));
    // Named twice is opened once.
    if (std::ranges::find(chosen, title, &tunnel_plan::title) == chosen.end())
      chosen.push_back(*plan);
  }
  return chosen;
}

} // namespace

exit_code run(const start_tunnels& what, const global_options& given) {
  auto found = load_settings(given, process_variable);
  if (!found)
    return give_up(found.error());
  auto chosen = choose_tunnels(*found, what.titles);
  if (!chosen)
    return give_up(chosen.error());
  auto config = make_agent_config(*found, std::move(*chosen));
  if (!config)
    return give_up(config.error());
  return run_agent(std::move(*config), given.format);
}

} // namespace serverme::cli

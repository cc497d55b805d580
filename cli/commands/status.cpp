// serverme status: the tunnels that are open, as the server's API tells them.
#include "cli/commands/api_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/tunnel_table.hpp"

namespace serverme::cli {

exit_code run(const show_status& what, const global_options& given) {
  auto found = load_settings(given, process_variable);
  if (!found)
    return give_up(found.error());
  auto api = api_client::make(*found);
  if (!api)
    return give_up(api.error());
  auto body = api->get("/api/v1/tunnels");
  if (!body)
    return give_up(body.error());
  auto table = tunnel_table(*body);
  if (!table)
    return give_up(table.error());
  print(what.form == report_form::json ? *body + "\n" : *table);
  return exit_code::success;
}

} // namespace serverme::cli

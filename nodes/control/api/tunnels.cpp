// Tunnels: who serves what, and closing one.
#include "nodes/control/api/answers.hpp"
#include "nodes/control/api/resources.hpp"
#include "protocol/node.hpp"

namespace serverme::control {

namespace {

json tunnel_json(const tunnel_view& view) {
  json out{{"id", id_text(view.endpoint)},
           {"kind", std::string{to_string(view.kind)}},
           {"name", view.name},
           {"port", view.port},
           {"urls", view.urls},
           {"state", view.state == presence::here ? "online" : "away"},
           {"local", view.local_label},
           {"inspect", view.inspect == inspection::on},
           {"since", time_text(view.since)},
           {"visits", view.visits},
           {"bytes_in", view.bytes_in},
           {"bytes_out", view.bytes_out},
           {"owner", id_text(view.owner)},
           {"session", id_text(view.session)},
           {"agent", view.agent},
           {"address", view.address}};
  if (view.kind != endpoint_kind::tcp)
    out["port"] = nullptr;
  return out;
}

json nodes_json(const std::vector<node_id>& nodes) {
  auto all = json::array();
  for (const auto& each : nodes)
    all.push_back(to_string(each));
  return all;
}

} // namespace

void list_all_tunnels(api_context& context, const api_request& request, answer_with reply) {
  context.ask<tunnel_list>(context.whom.desk, context.settings.ask_time,
                           list_tunnels{request.who()},
                           [reply = std::move(reply)](const result<tunnel_list>& list) {
                             if (!list)
                               return reply(error_answer(list.error()));
                             auto tunnels = json::array();
                             for (const auto& each : list->tunnels)
                               tunnels.push_back(tunnel_json(each));
                             json body{{"tunnels", std::move(tunnels)}};
                             if (!list->incomplete.empty())
                               body["incomplete"] = nodes_json(list->incomplete);
                             reply(json_answer(body));
                           });
}

void get_one_tunnel(api_context& context, const api_request& request, answer_with reply) {
  auto endpoint = parse_id<endpoint_id>(request.ids[0]);
  if (!endpoint)
    return reply(error_answer(fail(errc::api_not_found)));
  context.ask<tunnel_view>(
    context.whom.desk, context.settings.ask_time, get_tunnel{request.who(), *endpoint},
    [reply = std::move(reply)](const result<tunnel_view>& view) {
      reply(view ? json_answer(tunnel_json(*view)) : error_answer(view.error()));
    });
}

void close_one_tunnel(api_context& context, const api_request& request, answer_with reply) {
  auto endpoint = parse_id<endpoint_id>(request.ids[0]);
  if (!endpoint)
    return reply(error_answer(fail(errc::api_not_found)));
  context.ask<tunnel_closed>(
    context.whom.desk, context.settings.ask_time, close_tunnel{request.who(), *endpoint},
    [reply = std::move(reply)](const result<tunnel_closed>& closed) {
      reply(closed ? json_answer({{"id", id_text(closed->endpoint)}, {"state", "closed"}})
                   : error_answer(closed.error()));
    });
}

} // namespace serverme::control

#include "cli/output/json_output.hpp"

#include <nlohmann/json.hpp>

namespace serverme::cli {

namespace {

using nlohmann::ordered_json;

ordered_json event(const char* name, wall_time time) {
  return {{"event", name}, {"time", format_time(time, time_precision::with_milliseconds)}};
}

void add_failure(ordered_json& into, const failure& why) {
  into["code"] = public_code(why.code);
  into["message"]
    = std::string{describe(why.code).title} + (why.detail.empty() ? "" : ": " + why.detail);
}

// Paths are bytes of strangers: what is no UTF-8 must not end the program.
std::string line(const ordered_json& what) {
  return what.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

// Tunnels of the command line have no title; programs tell them apart by what they lead to.
std::string name_of(const tunnel_plan& plan) {
  return plan.title.empty() ? to_string(plan.local) : plan.title;
}

} // namespace

void json_output::on_connecting() { say(line(event("connecting", now()))); }

void json_output::on_connected(const std::string& node, bool resumed) {
  auto what = event("connected", now());
  what["node"] = node;
  what["resumed"] = resumed;
  say(line(what));
}

void json_output::on_tunnel_ready(std::size_t tunnel, const std::vector<std::string>& urls) {
  auto what = event("tunnel_ready", now());
  what["tunnel"] = name_of(plan(tunnel));
  what["url"] = urls.empty() ? std::string{} : urls.front();
  what["urls"] = urls;
  say(line(what));
}

void json_output::on_tunnel_refused(std::size_t tunnel, const failure& why) {
  auto what = event("tunnel_refused", now());
  what["tunnel"] = name_of(plan(tunnel));
  add_failure(what, why);
  say(line(what));
}

void json_output::on_disconnected(const failure& why) {
  auto what = event("disconnected", now());
  add_failure(what, why);
  say(line(what));
}

void json_output::on_reconnecting(milliseconds pause) {
  auto what = event("reconnecting", now());
  what["ms"] = pause.count();
  say(line(what));
}

void json_output::on_companion_changed(const std::string& node) {
  auto what = event(node.empty() ? "companion_lost" : "companion", now());
  if (!node.empty())
    what["node"] = node;
  say(line(what));
}

void json_output::on_request(const request_line& request) {
  auto what = event("request", now());
  what["tunnel"] = name_of(plan(request.tunnel));
  what["method"] = request.method;
  what["path"] = request.path;
  what["status"] = request.status;
  what["ms"] = static_cast<double>(request.total.count()) / 1000;
  if (request.error)
    add_failure(what, *request.error);
  say(line(what));
}

void json_output::show_end(const std::optional<failure>& why) {
  auto what = event("stopped", now());
  if (why)
    add_failure(what, *why);
  say(line(what));
}

std::string json_output::dropped_line(std::uint64_t count) const {
  auto what = event("dropped", now());
  what["lines"] = count;
  return line(what);
}

} // namespace serverme::cli

#include "cli/output/plain_output.hpp"

#include "cli/output/failure_text.hpp"
#include "cli/output/session_view.hpp"

namespace serverme::cli {

std::string plain_output::stamped(const std::string& text) const {
  return format_time(now(), time_precision::whole_seconds) + "  " + text + "\n";
}

void plain_output::on_stopping() { say(stamped("stopping")); }

void plain_output::on_connected(const std::string& node, bool resumed) {
  say(stamped((resumed ? "connected again, node " : "connected, node ") + shown(node)));
}

void plain_output::on_tunnel_ready(std::size_t tunnel, const std::vector<std::string>& urls) {
  for (const auto& url : urls)
    say(stamped(shown(url) + " -> " + shown(to_string(plan(tunnel).local))));
}

void plain_output::on_tunnel_refused(std::size_t tunnel, const failure& why) {
  const auto& refused = plan(tunnel);
  auto name = refused.title.empty() ? to_string(refused.local) : refused.title;
  say(stamped("no tunnel for " + shown(name) + ": " + shown(to_string(why))));
  say(stamped(std::string{describe(why.code).advice}));
}

void plain_output::on_disconnected(const failure& why) {
  say(stamped("disconnected: " + shown(to_string(why))));
}

void plain_output::on_reconnecting(milliseconds pause) {
  say(stamped("reconnecting in " + format_duration(pause)));
}

void plain_output::on_companion_changed(const std::string& node) {
  say(stamped(node.empty() ? "no second node" : "second node " + shown(node)));
}

void plain_output::on_request(const request_line& what) {
  auto text = shown(what.method) + " " + shown(what.path) + " "
              + (what.status == 0 ? "---" : std::to_string(what.status)) + " "
              + format_duration(what.total);
  if (const auto& title = plan(what.tunnel).title; !title.empty() && tunnel_count() > 1)
    text = "[" + title + "] " + text;
  if (what.error)
    text += "  " + shown(to_string(*what.error));
  say(stamped(text));
}

void plain_output::show_end(const std::optional<failure>& why) {
  say(stamped(why ? "stopped: " + shown(to_string(*why)) : "stopped"));
}

std::string plain_output::dropped_line(std::uint64_t count) const {
  return stamped(std::to_string(count) + " lines were dropped: nobody read them in time");
}

} // namespace serverme::cli

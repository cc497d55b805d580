#include "nodes/servermed/commands/watch_text.hpp"

#include "nodes/servermed/commands/colours.hpp"
#include "nodes/servermed/commands/table.hpp"

#include <sstream>

namespace serverme::servermed {

namespace {

constexpr auto nothing = "-";
// Digits of an id that tell nodes apart at a glance; --json has them all.
constexpr std::size_t shown_digits = 8;

std::string text_of(const json& object, const char* name) {
  auto field = object.find(name);
  if (field == object.end() || field->is_null())
    return nothing;
  if (field->is_string())
    return field->get<std::string>().empty() ? nothing : field->get<std::string>();
  return field->dump();
}

std::int64_t number_of(const json& object, const char* name) {
  auto field = object.find(name);
  return field != object.end() && field->is_number() ? field->get<std::int64_t>() : 0;
}

std::string joined(const json& words, const std::string& with) {
  std::string out;
  for (const auto& each : words)
    out += (out.empty() ? "" : with) + each.get<std::string>();
  return out.empty() ? nothing : out;
}

std::string short_id(const json& id) {
  return id.is_string() ? id.get<std::string>().substr(0, shown_digits) : "(alone)";
}

/// One word: what is worth knowing first.
std::string state_of(const json& node) {
  auto state = text_of(node, "state");
  if (state == "alive" && !node.value("answers", false))
    state = "silent";
  else if (state == "alive" && node.value("draining", false))
    state = "draining";
  else if (state == "alive" && !node["ailing"].empty())
    state = "ailing";
  return state;
}

colour colour_of(const std::string& state) {
  if (state == "alive" || state == "running" || state == "ok")
    return colour::green;
  return state == "dead" || state == "given_up" ? colour::red : colour::yellow;
}

std::string share_of(const json& node) {
  if (!node["load"].is_number())
    return nothing;
  std::ostringstream out;
  out << static_cast<int>(node["load"].get<double>() * 100 + 0.5) << '%';
  return out.str();
}

std::string mebibytes(const json& node) {
  if (!node["memory_bytes"].is_number())
    return nothing;
  return std::to_string(node["memory_bytes"].get<std::uint64_t>() >> 20U) + " MiB";
}

std::string age_of(const json& node) {
  return node["uptime_seconds"].is_number()
           ? duration_text(number_of(node, "uptime_seconds"))
           : duration_text(number_of(node, "state_seconds")) + " " + text_of(node, "state");
}

/// Colours have no width: they come after the columns.
std::string with_colours(const std::string& text, std::initializer_list<const char*> words) {
  if (!wants_colours())
    return text;
  auto out = text;
  for (const auto* word : words)
    for (auto at = out.find(word); at != std::string::npos;) {
      auto fresh = painted(colour_of(word), word);
      out.replace(at, std::string_view{word}.size(), fresh);
      at = out.find(word, at + fresh.size());
    }
  return out;
}

void add_crowds(std::ostringstream& out, const json& node) {
  if (!node["crowds"].empty()) {
    table rows{{"KIND", "COUNT", "QUEUED", "HANDLED"}};
    for (const auto& each : node["crowds"])
      rows.add({text_of(each, "kind"), text_of(each, "count"), text_of(each, "queued"),
                text_of(each, "handled")});
    out << '\n';
    rows.print(out);
  }
}

std::string missing_text(const json& answer) {
  std::string out;
  for (const auto& each : answer.value("missing", json::array()))
    out += painted(colour::yellow, "node " + each.get<std::string>() + " did not answer") + "\n";
  return out;
}

} // namespace

std::string duration_text(std::int64_t seconds) {
  struct unit {
    const char* name;
    std::int64_t length;
  };
  constexpr unit units[] = {{"d", 86'400}, {"h", 3'600}, {"m", 60}, {"s", 1}};
  std::string out;
  int shown = 0;
  for (const auto& each : units) {
    auto count = seconds / each.length;
    seconds %= each.length;
    if (shown == 2 || (count == 0 && shown == 0 && each.length != 1))
      continue;
    if (count > 0 || shown == 0)
      out += (out.empty() ? "" : " ") + std::to_string(count) + each.name;
    ++shown;
  }
  return out;
}

std::string nodes_text(const json& answer) {
  table rows{
    {"NODE", "NAME", "ROLES", "STATE", "SESSIONS", "LOAD", "MEMORY", "UP", "VERSION", "ADDRESS"}};
  for (const auto& each : answer["nodes"])
    rows.add({short_id(each["id"]) + (each.value("leader", false) ? "*" : ""),
              text_of(each, "name"), joined(each["roles"], ","), state_of(each),
              text_of(each, "sessions"), share_of(each), mebibytes(each), age_of(each),
              text_of(each, "version"), text_of(each, "cluster_address")});
  std::ostringstream out;
  rows.print(out);
  auto text = with_colours(out.str(), {"dead", "suspect", "silent", "ailing", "draining"});
  auto status = text_of(answer, "status");
  text += "\n* leads. The cluster is " + painted(colour_of(status), status) + ".\n";
  for (const auto& each : answer["problems"])
    text += "  " + each.get<std::string>() + "\n";
  return text;
}

std::string actors_text(const json& answer) {
  std::ostringstream out;
  for (const auto& node : answer["nodes"]) {
    if (out.tellp() > 0)
      out << '\n';
    out << "Node " << (node["node"].is_string() ? node["node"].get<std::string>() : "(alone)")
        << "\n\n";
    table rows{{"ACTOR", "STATE", "QUEUED", "HANDLED", "RESTARTS", "UP", "LAST ERROR"}};
    for (const auto& each : node["actors"])
      rows.add({text_of(each, "group") + "/" + text_of(each, "name"), text_of(each, "state"),
                text_of(each, "queued"), text_of(each, "handled"), text_of(each, "restarts"),
                duration_text(number_of(each, "age_seconds")), text_of(each, "last_error")});
    rows.print(out);
    add_crowds(out, node);
  }
  return with_colours(out.str(), {"waiting_to_restart", "given_up"}) + missing_text(answer);
}

std::string event_line(const json& entry) {
  auto kind = text_of(entry, "kind");
  auto line = text_of(entry, "time") + "  " + kind
              + std::string(kind.size() < 20 ? 20 - kind.size() : 1, ' ') + short_id(entry["node"]);
  if (text_of(entry, "name") != nothing)
    line += " " + text_of(entry, "name");
  if (text_of(entry, "detail") != nothing)
    line += "  " + text_of(entry, "detail");
  auto is_bad = kind == "node_died" || kind == "actor_given_up" || kind == "node_impersonated";
  auto is_odd = kind == "node_suspected" || kind == "actor_failed" || kind == "leader_lost";
  if (is_bad || is_odd)
    line = painted(is_bad ? colour::red : colour::yellow, line);
  return line + "\n";
}

std::string events_text(const json& answer) {
  std::string out;
  for (const auto& each : answer["events"])
    out += event_line(each);
  return out + missing_text(answer);
}

} // namespace serverme::servermed

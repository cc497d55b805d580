#include "nodes/control/cluster/join_messages.hpp"

#include "protocol/base64url.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>

namespace serverme::control {

namespace {

using json = nlohmann::ordered_json;

std::string text_of(const json& from, const char* name) {
  auto found = from.find(name);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<std::string> texts_of(const json& from, const char* name) {
  std::vector<std::string> list;
  auto found = from.find(name);
  if (found == from.end() || !found->is_array())
    return list;
  for (const auto& each : *found)
    if (each.is_string())
      list.push_back(each.get<std::string>());
  return list;
}

std::optional<json> parse_object(std::string_view text) {
  auto parsed = json::parse(text, nullptr, false);
  return parsed.is_object() ? std::optional{std::move(parsed)} : std::nullopt;
}

failure malformed(const char* what) { return fail(errc::api_bad_request, what); }

/// "SM-5014". Nothing: it is no such thing.
std::optional<errc> parse_code(std::string_view text) {
  constexpr std::string_view mark = "SM-";
  if (!text.starts_with(mark))
    return std::nullopt;
  std::uint16_t number = 0;
  const auto* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data() + mark.size(), end, number);
  return error == std::errc{} && rest == end ? std::optional{errc{number}} : std::nullopt;
}

/// What a stranger's text shows on a terminal.
std::string printable(std::string text) {
  constexpr std::size_t shown_max = 300;
  text.resize(std::min(text.size(), shown_max));
  for (char& each : text)
    if (each < ' ' || each > '~')
      each = '?';
  return text;
}

} // namespace

std::string to_json(const join_request& ask) {
  json text{{"secret", to_base64url(ask.secret)},
            {"request", ask.request},
            {"name", ask.introduction.name},
            {"join_address", ask.introduction.join_address},
            {"cluster_address", ask.introduction.cluster_address}};
  if (ask.roles.bits != 0)
    text["roles"] = to_string(ask.roles);
  return text.dump();
}

result<join_request> parse_join_request(std::string_view text) {
  auto said = parse_object(text);
  if (!said)
    return malformed("no JSON object");
  join_request ask;
  auto secret = from_base64url(text_of(*said, "secret"));
  if (!secret || secret->empty())
    return malformed("no secret");
  ask.secret = *std::move(secret);
  ask.request = text_of(*said, "request");
  if (auto roles = text_of(*said, "roles"); !roles.empty()) {
    auto parsed = parse_node_roles(roles);
    if (!parsed)
      return malformed("roles are not understood");
    ask.roles = *parsed;
  }
  ask.introduction
    = {text_of(*said, "name"), text_of(*said, "join_address"), text_of(*said, "cluster_address")};
  return ask;
}

std::string renewal_json(const std::string& request) { return json{{"request", request}}.dump(); }

result<std::string> parse_renewal(std::string_view text) {
  auto said = parse_object(text);
  if (!said)
    return malformed("no JSON object");
  return text_of(*said, "request");
}

std::string to_json(const welcome& answer) {
  json text{{"certificate", answer.certificate},
            {"ca", answer.ca},
            {"join", answer.ways.joins},
            {"seeds", answer.ways.seeds}};
  if (!answer.cluster_key.empty())
    text["cluster_key"] = answer.cluster_key;
  return text.dump();
}

result<welcome> parse_welcome(std::string_view text) {
  auto said = parse_object(text);
  auto certificate = said ? text_of(*said, "certificate") : std::string{};
  auto ca = said ? text_of(*said, "ca") : std::string{};
  if (certificate.empty() || ca.empty())
    return fail(errc::control_unreachable, "its answer makes no sense");
  return welcome{std::move(certificate),
                 std::move(ca),
                 {texts_of(*said, "join"), texts_of(*said, "seeds")},
                 text_of(*said, "cluster_key")};
}

failure parse_refusal(std::string_view text) {
  auto said = parse_object(text);
  auto error = said ? said->find("error") : json::iterator{};
  if (!said || error == said->end() || !error->is_object())
    return fail(errc::control_unreachable, "its answer makes no sense");
  auto code = parse_code(text_of(*error, "code"));
  auto message = text_of(*error, "message");
  if (!code)
    return fail(errc::control_unreachable, printable(message));
  // "TITLE: DETAIL", of which the title is printed with the code anyway.
  std::string title{describe(*code).title};
  if (message.starts_with(title))
    message.erase(0, message.size() > title.size() ? title.size() + 2 : title.size());
  return fail(*code, printable(std::move(message)));
}

} // namespace serverme::control
